import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { expect, expectTypeOf, test } from "vitest";
import type { BoardHealth, BoardResult, BoardStatus, BoardTrace, StatusReport } from "../../../firmware/messages.ts";
import {
	type BoardHealthSchema,
	type BoardResultSchema,
	type BoardStatusSchema,
	type BoardTraceSchema,
	StatusReportSchema,
} from "../../../gateway/contract/messages.ts";

test("what boards send and what the gateway takes are the same types", () => {
	expectTypeOf<Static<typeof StatusReportSchema>>().toEqualTypeOf<StatusReport>();
	expectTypeOf<Static<typeof BoardStatusSchema>>().toEqualTypeOf<BoardStatus>();
	expectTypeOf<Static<typeof BoardHealthSchema>>().toEqualTypeOf<BoardHealth>();
	expectTypeOf<Static<typeof BoardResultSchema>>().toEqualTypeOf<BoardResult>();
	expectTypeOf<Static<typeof BoardTraceSchema>>().toEqualTypeOf<BoardTrace>();
});

test("the payload of the reference design is a status report", () => {
	const payload = {
		spot_id: "SPOT001",
		lot_id: "LOT001",
		occupied: true,
		distance: 35,
		timestamp: "2024-01-01T12:00:00Z",
	};
	expect(Compile(StatusReportSchema).Check(payload)).toBe(true);
});
