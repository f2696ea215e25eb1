import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useRef } from "preact/hooks";
import type { Lot } from "../../../gateway/contract/resources.ts";
import { say } from "../words.ts";
import { Glyph } from "./Glyph.tsx";
import type { LotsDialogProps } from "./LotsDialog.tsx";

export interface LotPickerProps {
	lots: readonly Lot[];
	current: Lot;
	/** When the other lots' numbers were told, if that is too long ago to be called now. */
	asOf: string | null;
	/** The list; undefined while its code is on its way. */
	List: ComponentType<LotsDialogProps> | undefined;
	onOpen: () => void;
	onChoose: (lotId: string) => void;
}

/** The page's heading: the lot's name, as a button that opens the list of lots where there are several. */
export function LotPicker({ lots, current, asOf, List, onOpen, onChoose }: LotPickerProps) {
	const isOpen = useSignal(false);
	const button = useRef<HTMLButtonElement>(null);
	const close = () => {
		isOpen.value = false;
		button.current?.focus();
	};
	const open = () => {
		isOpen.value = true;
		onOpen();
	};
	if (lots.length < 2) return <h1>{current.name}</h1>;
	return (
		<>
			<h1>
				<button
					type="button"
					class="picker"
					ref={button}
					aria-haspopup="dialog"
					aria-expanded={isOpen.value}
					aria-label={say("chooseLot", { name: current.name })}
					onClick={open}
				>
					{current.name}
					<Glyph name="down" />
				</button>
			</h1>
			{isOpen.value && List !== undefined && (
				<List lots={lots} current={current.lot_id} asOf={asOf} onChoose={onChoose} onClose={close} />
			)}
		</>
	);
}
