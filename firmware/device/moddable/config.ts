/** What the manifest, or mcconfig's command line, says of a board: its settings as long as none were saved on it. */
import { parseSettings, type Settings, SettingsError } from "../../settings.ts";

/** The manifest's `config`, as far as every kind of board reads it. The command line gives texts for all of them. */
export interface BoardConfig {
	board: string;
	lot: string;
	/** `SPOT001-SPOT008`, `A1,A2,B7`, or both. */
	spots: string;
	/** Of each sensor over the empty floor, cm; 0: learnt. */
	height: number | string;
	broker: string;
	broker_user: string;
	broker_password: string;
	/** Certificate of who vouches for an mqtts broker: PEM, or its base64 alone. */
	broker_ca: string;
	prefix: string;
	temperature: number | string;
	refresh: number | string;
	/** `serial`: every measurement goes out of the serial port, see `npm run trace`. */
	trace: string;
}

/** @throws SettingsError on the first that is not as it must be. */
export function settingsFrom(config: BoardConfig): Settings {
	const height = Number(config.height);
	return parseSettings({
		board_id: config.board,
		lot_id: config.lot,
		spots: parseSpots(config.spots).map((spot_id) => (height === 0 ? { spot_id } : { spot_id, height_cm: height })),
		broker_url: config.broker,
		broker_username: config.broker_user || undefined,
		broker_password: config.broker_password || undefined,
		topic_prefix: config.prefix,
		temperature_c: Number(config.temperature),
		refresh_s: Number(config.refresh),
	});
}

/** More spots than any board has: a range that is wrong must not fill the memory before it is refused. */
const rangeLimit = 100;

/** @throws SettingsError on a range that does not rise, or has more than a hundred spots. */
export function parseSpots(text: string): string[] {
	return text.split(",").flatMap((part) => {
		const [, prefix = "", first = "", last = ""] = /^(.*?)(\d+)-\1(\d+)$/.exec(part) ?? [];
		if (first === "") return [part];
		const count = Number(last) - Number(first) + 1;
		if (first.length !== last.length || count < 1 || count > rangeLimit) {
			throw new SettingsError(`spots must be like SPOT001-SPOT008 or A1,A2, got ${text}`);
		}
		return Array.from(
			{ length: count },
			(_, index) => prefix + String(Number(first) + index).padStart(first.length, "0"),
		);
	});
}

/** A certificate's bytes (DER) from PEM or bare base64; undefined when there is none. */
export function certificateFrom(text: string): ArrayBuffer | undefined {
	const base64 = text.replace(/-----[A-Z ]+-----|\s/g, "");
	return base64 === "" ? undefined : (Uint8Array.fromBase64(base64).buffer as ArrayBuffer);
}
