import fc from "fast-check";
import { parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import type { Outgoing } from "../../../gateway/broker/broker.ts";
import { maxPendingPublishes } from "../../../gateway/broker/limits.ts";
import { Publisher } from "../../../gateway/broker/publisher.ts";

interface Heard {
	topic: string;
	payload: string;
	qos: number;
	retain: boolean;
	id: number | undefined;
}

function setUp({ protocolVersion = 4, quota = 65_535 }: { protocolVersion?: 4 | 5; quota?: number } = {}) {
	const heard: Heard[] = [];
	const reader = parser({ protocolVersion });
	reader.on("packet", (packet) => {
		if (packet.cmd !== "publish") throw new Error(`expected only publish, got ${packet.cmd}`);
		const { topic, payload, qos, retain, messageId: id } = packet;
		heard.push({ topic, payload: payload.toString(), qos, retain, id });
	});
	reader.on("error", (error) => {
		throw error;
	});
	let writes = 0;
	const publisher = new Publisher({
		protocolVersion,
		write: (packets) => {
			writes++;
			reader.parse(packets);
		},
	});
	publisher.quota = quota;
	return { publisher, heard, writes: () => writes };
}

const lamps = (count: number): Outgoing[] =>
	Array.from({ length: count }, (_, lamp) => ({ topic: `parkmate/led/command/L/${lamp}`, payload: `${lamp}` }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

const message: fc.Arbitrary<Outgoing> = fc.record(
	{
		topic: fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" }),
		payload: fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 100, maxLength: 40_000 })),
		retain: fc.boolean(),
		qos: fc.constantFrom(0, 1),
	},
	{ requiredKeys: ["topic", "payload"] },
);

test.each([4, 5] as const)("what is published in MQTT version %i is read as it was meant", (protocolVersion) => {
	fc.assert(
		fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
			const { publisher, heard } = setUp({ protocolVersion });
			publisher.publish(messages);
			expect(heard.map(({ id: _, ...rest }) => rest)).toEqual(
				messages.map(({ topic, payload, retain = false, qos = 1 }) => ({ topic, payload, retain, qos })),
			);
			const ids = heard.flatMap(({ qos, id }) => (qos === 1 ? [id] : []));
			expect(new Set(ids).size).toBe(ids.length);
			expect(ids.every((id) => id !== undefined && id >= 1 && id <= 65_535)).toBe(true);
		}),
		{ numRuns: 50 },
	);
});

describe("a batch", () => {
	test("goes out in one write", () => {
		const { publisher, heard, writes } = setUp();
		publisher.publish(lamps(100));
		expect(heard).toHaveLength(100);
		expect(writes()).toBe(1);
	});

	test("is done with its last PUBACK", async () => {
		const { publisher, heard } = setUp();
		let done = false;
		const published = publisher.publish(lamps(3)).then(() => {
			done = true;
		});
		for (const { id } of heard.slice(1)) publisher.acknowledged(id ?? 0);
		await turn();
		expect(done).toBe(false);
		publisher.acknowledged(heard[0]?.id ?? 0);
		await published;
		expect(publisher.pending).toBe(0);
	});

	test("of messages at QoS 0 waits for nothing", async () => {
		const { publisher } = setUp();
		await publisher.publish(lamps(3).map((lamp) => ({ ...lamp, qos: 0 })));
	});

	test("without messages is done at once, and writes nothing", async () => {
		const { publisher, writes } = setUp();
		await publisher.publish([]);
		expect(writes()).toBe(0);
	});

	test("is rejected when the broker refuses one of it", async () => {
		const { publisher, heard } = setUp({ protocolVersion: 5 });
		const published = publisher.publish(lamps(2));
		publisher.acknowledged(heard[1]?.id ?? 0, 135);
		await expect(published).rejects.toThrow("refused with reason code 135");
	});

	test("nobody subscribed to is done all the same", async () => {
		const { publisher, heard } = setUp({ protocolVersion: 5 });
		const published = publisher.publish(lamps(1));
		publisher.acknowledged(heard[0]?.id ?? 0, 16);
		await published;
	});
});

describe("no more than the broker takes", () => {
	test("are without PUBACK, and each PUBACK lets the next one go, in order", async () => {
		const { publisher, heard } = setUp({ quota: 3 });
		const published = publisher.publish(lamps(10));
		for (let acknowledged = 0; acknowledged < 10; acknowledged++) {
			expect(heard).toHaveLength(Math.min(10, acknowledged + 3));
			publisher.acknowledged(heard[acknowledged]?.id ?? 0);
			await turn();
		}
		await published;
		expect(heard.map(({ payload }) => payload)).toEqual(lamps(10).map(({ payload }) => payload));
	});

	test("several PUBACKs at once let as many go in one write", async () => {
		const { publisher, heard, writes } = setUp({ quota: 3 });
		publisher.publish(lamps(10));
		for (const { id } of heard.slice(0, 3)) publisher.acknowledged(id ?? 0);
		await turn();
		expect(heard).toHaveLength(6);
		expect(writes()).toBe(2);
	});

	test("may wait: then there is no room", () => {
		const { publisher } = setUp({ quota: 3 });
		publisher.publish(lamps(maxPendingPublishes - 1));
		expect(publisher.hasRoomFor(lamps(1))).toBe(true);
		expect(publisher.hasRoomFor(lamps(2))).toBe(false);
	});
});

test("packet ids go round and leave out those in use", async () => {
	const { publisher, heard } = setUp();
	publisher.publish(lamps(1));
	const first = heard[0]?.id;
	for (let round = 0; round < 66; round++) {
		const published = publisher.publish(lamps(1000));
		for (const { id } of heard.splice(0)) if (id !== first) publisher.acknowledged(id ?? 0);
		await published;
	}
	publisher.publish(lamps(1));
	expect(heard[0]?.id).not.toBe(first);
});

test("a PUBACK that nobody waits for changes nothing", () => {
	const { publisher } = setUp();
	publisher.publish(lamps(1));
	publisher.acknowledged(4711);
	expect(publisher.pending).toBe(1);
});

test("when the connection is over, whoever waits hears why, sent or not", async () => {
	const { publisher } = setUp({ quota: 2 });
	const batches = [publisher.publish(lamps(1)), publisher.publish(lamps(2)), publisher.publish(lamps(1))];
	publisher.abandon(new Error("the broker is gone"));
	for (const batch of batches) await expect(batch).rejects.toThrow("the broker is gone");
	expect(publisher.pending).toBe(0);
});
