import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../gateway/ports.ts";

let taken: Server | null = null;
afterEach(() => {
	taken?.close();
	taken = null;
});

async function takePort(host: string): Promise<number> {
	taken = createServer().listen(0, host);
	await once(taken, "listening");
	return (taken.address() as AddressInfo).port;
}

const options = { setting: "PORT", host: "127.0.0.1", fixed: false, moved: () => {} };

describe("a port", () => {
	test("that is taken moves to the next free one and says so", async () => {
		const port = await takePort("127.0.0.1");
		const moves: [number, number][] = [];
		const found = await freePort({ ...options, port, moved: (from, to) => moves.push([from, to]) });
		expect(found).toBeGreaterThan(port);
		expect(moves).toEqual([[port, found]]);
	});

	test("that somebody holds where localhost leads first is taken too", async (ctx) => {
		let port: number;
		try {
			port = await takePort("::1");
		} catch {
			return ctx.skip("this machine has no IPv6 loopback");
		}
		expect(await freePort({ ...options, port })).not.toBe(port);
	});

	test("set by hand and taken is an error that names it", async () => {
		const port = await takePort("127.0.0.1");
		await expect(freePort({ ...options, port, fixed: true })).rejects.toThrow(
			`PORT=${port} is taken by another program; choose another port or end that program`,
		);
	});

	test("on an address that is not this machine's is an error that names it", async () => {
		// 192.0.2.0/24 is for documentation: nobody has it (RFC 5737).
		await expect(freePort({ ...options, host: "192.0.2.1", port: 5000 })).rejects.toThrow(
			'HOST must be an address of this machine, got "192.0.2.1" (EADDRNOTAVAIL)',
		);
	});
});
