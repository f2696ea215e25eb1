/** The panel's control for the board as a whole. */
import Control from "control";
import type { Settings } from "../../settings.ts";
import type { AppMessage, PanelMessage } from "./controls.ts";
import { usualFloorCm } from "./hc-sr04.ts";

export class Commands extends Control {
	onCertificate: (text: string) => void = () => {};
	readonly #onSettings: (settings: unknown) => void;
	#board: AppMessage["board"];
	#link: NonNullable<AppMessage["link"]> = { connected: false, reason: "starting" };

	constructor({ onSettings }: { onSettings: (settings: unknown) => void }) {
		super();
		this.#onSettings = onSettings;
	}

	showBoard({ board_id, lot_id, broker_url, spots }: Settings): void {
		this.#board = {
			board_id,
			lot_id,
			broker_url,
			spots: spots.map((spot) => spot.spot_id),
			floor_cm: spots[0]?.height_cm ?? usualFloorCm,
		};
		this.postJSON({ board: this.#board } satisfies AppMessage);
	}

	showLink(connected: boolean, reason: string): void {
		this.#link = { connected, reason };
		this.postJSON({ link: this.#link } satisfies AppMessage);
	}

	override onJSON({ broker_ca, settings, hello }: PanelMessage): void {
		if (broker_ca !== undefined) this.onCertificate(broker_ca);
		if (settings !== undefined) this.#onSettings(settings);
		if (hello) this.postJSON({ board: this.#board, link: this.#link } satisfies AppMessage);
	}
}
