import { useSignal } from "@preact/signals";
import { say } from "../words.ts";
import { Dialog } from "./Dialog.tsx";
import { Glyph } from "./Glyph.tsx";
import { LotList, type LotListProps } from "./LotList.tsx";

/** From this many lots on there is a field to find one. */
export const searchFrom = 8;

export interface LotsDialogProps extends LotListProps {
	onClose: () => void;
}

/** The list of lots over the page. */
export function LotsDialog({ lots, onChoose, onClose, ...rest }: LotsDialogProps) {
	const wanted = useSignal("");
	const query = wanted.value.trim().toLocaleLowerCase();
	const found = lots.filter((lot) => `${lot.name} ${lot.address}`.toLocaleLowerCase().includes(query));
	return (
		<Dialog class="sheet sheet-lots" title={say("lots")} modal={true} onClose={onClose}>
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
				{...rest}
				lots={found}
				onChoose={(lotId) => {
					onChoose(lotId);
					onClose();
				}}
			/>
		</Dialog>
	);
}
