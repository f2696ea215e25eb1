import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import type { Overrides } from "./overrides.ts";

/** What the owner's last word has done, with a way back. The live region says it aloud. */
export function ToastBar({ overrides }: { overrides: Overrides }) {
	const toast = overrides.toast.value;
	if (toast === null) return null;
	return (
		<div
			class="toast"
			role={toast.isFailure ? "alert" : "group"}
			onPointerEnter={() => overrides.holdToast()}
			onPointerLeave={() => overrides.releaseToast()}
			onFocusIn={() => overrides.holdToast()}
			onFocusOut={() => overrides.releaseToast()}
		>
			<p>{toast.text}</p>
			{toast.undo !== null && (
				<button type="button" class="link" onClick={toast.undo}>
					{say("undo")}
				</button>
			)}
			<button type="button" class="toast-close" aria-label={say("dismiss")} onClick={() => overrides.dismissToast()}>
				<Glyph name="close" />
			</button>
		</div>
	);
}
