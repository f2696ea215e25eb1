import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { say } from "../words.ts";
import { Glyph } from "./Glyph.tsx";

export interface DialogProps {
	/** Its look: where it stands at which width. */
	class: string;
	title: string;
	/** True: the page behind rests. False: it stays usable, and a click there closes this. */
	modal: boolean;
	/** False for a panel that has its own place on the page and stays through clicks elsewhere. */
	closesOutside?: boolean;
	onClose: () => void;
	/** Called with the element once it is open and whenever the title changes, to place it. */
	onOpen?: (dialog: HTMLDialogElement) => void;
	children: ComponentChildren;
}

/** A sheet, popover or panel. Focus goes to its heading; Esc and the cross close it. Whoever opened it takes focus back. */
export function Dialog(props: DialogProps) {
	const { modal, onClose, onOpen, closesOutside = true } = props;
	const dialogRef = useRef<HTMLDialogElement>(null);
	const headingRef = useRef<HTMLHeadingElement>(null);
	const latestClose = useRef(onClose);
	latestClose.current = onClose;

	useEffect(() => {
		const dialog = dialogRef.current;
		if (dialog === null) return;
		if (modal) dialog.showModal();
		else dialog.show();
		const stop = new AbortController();
		const { signal } = stop;
		dialog.addEventListener(
			"cancel",
			(event) => {
				event.preventDefault();
				latestClose.current();
			},
			{ signal },
		);
		if (!modal) {
			addEventListener("keydown", (event) => event.key === "Escape" && latestClose.current(), { signal });
		}
		if (closesOutside) {
			addEventListener(
				"pointerdown",
				(event) => {
					// A modal dialog's backdrop counts as the dialog itself: only its box tells.
					const box = dialog.getBoundingClientRect();
					const { clientX: x, clientY: y } = event;
					if (x < box.left || x > box.right || y < box.top || y > box.bottom) latestClose.current();
				},
				{ signal },
			);
		}
		return () => {
			stop.abort();
			dialog.close();
		};
	}, [modal, closesOutside]);

	// Another title is another thing in the same place: it is placed and read anew.
	useEffect(() => {
		if (dialogRef.current !== null) onOpen?.(dialogRef.current);
		headingRef.current?.focus({ preventScroll: true });
	}, [props.title]);

	return (
		<dialog ref={dialogRef} class={props.class} aria-labelledby="dialog-title">
			<header class="dialog-head">
				<h2 id="dialog-title" ref={headingRef} tabIndex={-1}>
					{props.title}
				</h2>
				<button type="button" class="round" aria-label={say("close")} onClick={onClose}>
					<Glyph name="close" />
				</button>
			</header>
			{props.children}
		</dialog>
	);
}
