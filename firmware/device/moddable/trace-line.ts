/** What a board prints of its measurements when the manifest's `trace` asks for it. */
import { type Settings, SettingsError } from "../../settings.ts";
import type { BoardConfig } from "./config.ts";

/** @throws SettingsError on a `trace` that is neither `serial` nor nothing. */
export function wantsTrace({ trace }: BoardConfig): boolean {
	if (trace === "" || trace === "serial") return trace === "serial";
	throw new SettingsError(`trace must be serial, or nothing, got ${trace}`);
}

/** A batch of measurements (a `BoardTrace` as JSON) with what is to be known of the board, so that each line tells all. */
export function traceLine({ board_id, mount, spots }: Settings, batch: string): string {
	return `${JSON.stringify({ board_id, mount, spots }).slice(0, -1)},${batch.slice(1)}`;
}
