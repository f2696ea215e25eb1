/** What a browser may say on `/ws`, read and checked. */
import { Compile } from "typebox/compile";
import type { ErrorBody } from "../contract/errors.ts";
import { type Resync, ResyncSchema } from "../contract/events.ts";

/** Longest frame that a browser may send, in bytes; the WebSocket itself refuses longer ones. */
export const maxFrameBytes = 1024;

const resync = Compile(ResyncSchema);

/** A request, or the error that answers it. */
export function readRequest(data: Uint8Array, binary: boolean): Resync | ErrorBody {
	if (binary) return bad("BAD_FRAME", "expected a text frame, got a binary one");
	const text = new TextDecoder().decode(data);
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return bad("BAD_FRAME", `expected JSON, got ${JSON.stringify(text.slice(0, 60))}`);
	}
	if (resync.Check(json)) return json;
	return bad("BAD_FRAME", `expected {"event":"resync","lot_id":"…"}, got ${text.slice(0, 60)}`);
}

function bad(code: string, message: string): ErrorBody {
	return { statusCode: 400, error: "Bad Request", code, message };
}
