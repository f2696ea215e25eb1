import { expect, test } from "vitest";
import { ApiError, getHistory, getLots, type Http, postOverride } from "../../../web/src/model/api.ts";

function answering(status: number, body: string) {
	const requests: { path: string; init: RequestInit }[] = [];
	const http: Http = {
		fetch: async (path, init) => {
			requests.push({ path, init });
			return new Response(body, { status });
		},
		timeout: () => new AbortController().signal,
	};
	return { http, requests };
}

test("gives what the gateway answers", async () => {
	const { http, requests } = answering(200, '[{"lot_id":"LOT001"}]');
	expect(await getLots(http)).toEqual([{ lot_id: "LOT001" }]);
	expect(requests[0]?.path).toBe("/api/lots");
	expect(requests[0]?.init.method).toBeUndefined();
});

test("posts an override as JSON to the lot that is named, whatever is in the name", async () => {
	const { http, requests } = answering(200, "{}");
	await postOverride(http, "a/b?c", { spot_id: "SPOT001", occupied: null });
	expect(requests[0]?.path).toBe("/api/lots/a%2Fb%3Fc/override");
	expect(requests[0]?.init).toMatchObject({
		method: "POST",
		headers: { "content-type": "application/json" },
		body: '{"spot_id":"SPOT001","occupied":null}',
	});
});

test("asks for as much history as it is told", async () => {
	const { http, requests } = answering(200, "[]");
	await getHistory(http, "LOT001", 12);
	expect(requests[0]?.path).toBe("/api/lots/LOT001/history?limit=12");
});

test.each([
	[
		"the gateway's own error",
		404,
		'{"statusCode":404,"error":"Not Found","code":"LOT_UNKNOWN","message":"no lot X"}',
		"LOT_UNKNOWN",
		"no lot X",
	],
	["a proxy's page", 502, "<h1>Bad Gateway</h1>", "HTTP_ERROR", "The gateway answered 502, and not in its own words."],
	[
		"an answer that is no JSON",
		200,
		"<h1>Hotel Wi-Fi</h1>",
		"HTTP_ERROR",
		"The gateway answered 200, and not in its own words.",
	],
	[
		"an error of another shape",
		500,
		'{"oops":true}',
		"HTTP_ERROR",
		"The gateway answered 500, and not in its own words.",
	],
])("rejects with one kind of error for %s", async (_name, status, body, code, message) => {
	const error = await getLots(answering(status, body).http).catch((caught: unknown) => caught);
	expect(error).toBeInstanceOf(ApiError);
	expect(error).toMatchObject({ statusCode: status, code, message });
});

test("rejects with status 0 when nothing answers", async () => {
	const http: Http = {
		fetch: () => Promise.reject(new TypeError("Failed to fetch")),
		timeout: () => new AbortController().signal,
	};
	await expect(getLots(http)).rejects.toMatchObject({
		statusCode: 0,
		code: "NO_ANSWER",
		message: "The gateway did not answer.",
	});
});
