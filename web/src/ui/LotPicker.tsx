import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Lot } from "../../../gateway/contract/resources.ts";
import { say } from "../words.ts";
import { Dialog } from "./Dialog.tsx";
import { Glyph } from "./Glyph.tsx";
import { LotList } from "./LotList.tsx";

/** From this many lots on there is a field to find one. */
export const searchFrom = 8;

export interface LotPickerProps {
	lots: readonly Lot[];
	current: Lot;
	asOf: string | null;
	onOpen: () => void;
	onChoose: (lotId: string) => void;
}

/** The page's heading: the lot's name, as a button that opens the list of lots. */
export function LotPicker({ lots, current, asOf, onOpen, onChoose }: LotPickerProps) {
	const isOpen = useSignal(false);
	const wanted = useSignal("");
	const button = useRef<HTMLButtonElement>(null);
	const query = useComputed(() => wanted.value.trim().toLocaleLowerCase());
	const close = () => {
		isOpen.value = false;
		button.current?.focus();
	};
	const found = lots.filter((lot) => `${lot.name} ${lot.address}`.toLocaleLowerCase().includes(query.value));
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
					onClick={() => {
						wanted.value = "";
						isOpen.value = true;
						onOpen();
					}}
				>
					<span class="picker-name">{current.name}</span>
					<Glyph name="down" />
				</button>
			</h1>
			{isOpen.value && (
				<Dialog class="sheet sheet-lots" title={say("lots")} modal={true} onClose={close}>
					{lots.length >= searchFrom && (
						<label class="find">
							<Glyph name="find" />
							<span class="unseen">{say("findLot")}</span>
							<input
								type="search"
								placeholder={say("findLot")}
								value={wanted.value}
								onInput={(event) => {
									wanted.value = event.currentTarget.value;
								}}
							/>
						</label>
					)}
					{found.length === 0 && <p class="quiet">{say("noLotFound")}</p>}
					<LotList
						lots={found}
						current={current.lot_id}
						asOf={asOf}
						onChoose={(lotId) => {
							onChoose(lotId);
							close();
						}}
					/>
				</Dialog>
			)}
		</>
	);
}
