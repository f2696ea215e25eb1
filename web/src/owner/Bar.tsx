import { useLayoutEffect, useRef } from "preact/hooks";

/** A share from 0 to 1 as the filled part of a bar; the number beside it says the same. */
export function Bar({ share }: { share: number }) {
	const bar = useRef<HTMLElement>(null);
	useLayoutEffect(() => {
		// Through the CSSOM: the page's policy allows no style attributes.
		bar.current?.style.setProperty("inline-size", `${Math.round(share * 100)}%`);
	}, [share]);
	return (
		<span class="bar-box" aria-hidden="true">
			<i ref={bar} />
		</span>
	);
}
