/** From the bytes of what a board says of itself to its words, or to the cause why not. Pure; judges nothing but form. */
import type Type from "typebox";
import { Compile } from "typebox/compile";
import {
	type BoardHealth,
	type BoardResult,
	type BoardStatus,
	type BoardTrace,
	idPattern,
	type Topics,
} from "../../firmware/messages.ts";
import { clip, explain } from "../contract/explain.ts";
import { BoardHealthSchema, BoardResultSchema, BoardStatusSchema, BoardTraceSchema } from "../contract/messages.ts";
import { parse, Refusal } from "./decode.ts";

/** What a board says of itself, by the last part of the topic. */
export type BoardWord = { board_id: string } & (
	| { leaf: "status"; said: BoardStatus }
	| { leaf: "health"; said: BoardHealth }
	| { leaf: "result"; said: BoardResult }
	| { leaf: "trace"; said: BoardTrace }
);

/** What a board says of itself is never longer than this, in bytes: the health of 64 sensors has 12,000. Longer words are refused unread. */
export const maxWordBytes = 16 * 1024;

/** The topics below a board's name that the gateway hears. */
export const boardLeaves = ["status", "health", "result", "trace"] as const;

const boardId = new RegExp(idPattern);
const readers = {
	status: reader(BoardStatusSchema),
	health: reader(BoardHealthSchema),
	result: reader(BoardResultSchema),
	trace: reader(BoardTraceSchema),
};

/** Reads a message on `<prefix>/board/<board_id>/<leaf>`, one of {@link boardLeaves}. */
export function decodeBoard(topics: Topics, topic: string, payload: Uint8Array): BoardWord | Refusal {
	const [board_id = "", leaf = "", ...more] = topic.slice(`${topics.prefix}/board/`.length).split("/");
	const known = boardLeaves.find((name) => name === leaf);
	if (known === undefined || more.length > 0 || !boardId.test(board_id)) {
		const expected = boardLeaves.map((name) => topics.board("<board_id>", name)).join(", ");
		return new Refusal("unknown_topic", `expected one of ${expected}, got ${clip(topic)}`);
	}
	const json = parse(payload, maxWordBytes);
	if (json instanceof Refusal) return json;
	const said = readers[known](json);
	// Each reader gives the words of its own leaf.
	return said instanceof Refusal ? said : ({ board_id, leaf: known, said } as BoardWord);
}

/** Takes what has the schema's shape. */
function reader<T extends Type.TObject>(schema: T): (json: unknown) => Type.Static<T> | Refusal {
	const compiled = Compile(schema);
	return (json) => {
		if (!compiled.Check(json)) return new Refusal("wrong_shape", explain(compiled.Errors(json), json, "the payload"));
		strip(schema, json);
		return json;
	};
}

/** Takes out of a checked value the fields that nobody knows: it is kept, and shown to others. TypeBox's own `Clean` takes ten times as long. */
function strip(schema: Type.TSchema, value: unknown): void {
	const { properties, patternProperties } = schema as Partial<Record<string, Record<string, Type.TSchema>>>;
	if (typeof value !== "object" || value === null || (properties ?? patternProperties) === undefined) return;
	const [item] = Object.values(patternProperties ?? {});
	const fields = value as Record<string, unknown>;
	for (const name in fields) {
		const field = properties === undefined ? item : Object.hasOwn(properties, name) && properties[name];
		if (!field) delete fields[name];
		else strip(field, fields[name]);
	}
}
