/** What goes out of a board's serial port when its manifest says so. */
import { describe, expect, it } from "vitest";
import { chunkBytes, SerialLines } from "../../../firmware/device/esp32/serial-lines.ts";
import type { BoardConfig } from "../../../firmware/device/moddable/config.ts";
import { traceLine, wantsTrace } from "../../../firmware/device/moddable/trace-line.ts";
import { parseSettings, SettingsError } from "../../../firmware/settings.ts";

/** A port with a queue of 128 bytes that says when it is nearly empty, as the chip's. */
class Port {
	sent = "";
	onWritable = () => {};
	#queue = "";

	readonly open = (onWritable: () => void) => {
		this.onWritable = onWritable;
		return {
			write: (bytes: Uint8Array) => {
				if (this.#queue.length + bytes.length > 128) throw new Error("output full");
				this.#queue += String.fromCharCode(...bytes);
			},
		};
	};

	/** Lets so many bytes out. False when there are none left. */
	drain(bytes = 118): boolean {
		this.sent += this.#queue.slice(0, bytes);
		this.#queue = this.#queue.slice(bytes);
		if (this.#queue.length <= 10) this.onWritable();
		return this.#queue.length > 0;
	}
}

describe("lines on the serial port", () => {
	it.each([1, chunkBytes, 128, 700])("go out whole with %i characters, as there is room", (length) => {
		const port = new Port();
		const lines = new SerialLines({ open: port.open });
		const line = Array.from({ length }, (_, index) => String(index % 10)).join("");
		lines.say(line);
		while (port.drain());
		lines.say("{}");
		while (port.drain());
		expect(port.sent).toBe(`${line}\n{}\n`);
	});

	it("break off where the next one comes too soon, and the next one is whole", () => {
		const port = new Port();
		const lines = new SerialLines({ open: port.open });
		lines.say("x".repeat(700));
		port.drain();
		lines.say("{}");
		while (port.drain());
		expect(port.sent).toMatch(/^x{100,699}\n\{\}\n$/);
	});
});

describe("the manifest's trace", () => {
	const config = (trace: string) => ({ trace }) as BoardConfig;

	it("is serial or nothing", () => {
		expect([wantsTrace(config("serial")), wantsTrace(config(""))]).toEqual([true, false]);
		const text = "trace must be serial, or nothing, got usb";
		expect(() => wantsTrace(config("usb"))).toThrow(new SettingsError(text));
	});

	it("makes lines that tell all of the board that a trace begins with", () => {
		const settings = parseSettings({
			board_id: "b1",
			lot_id: "L",
			mount: "overhead",
			spots: [{ spot_id: "A", height_cm: 231.5 }, { spot_id: "B" }],
		});
		const batch = { boot: 3, n: 1, temp_c: 20, samples: [[5, 0, null]] };
		expect(JSON.parse(traceLine(settings, JSON.stringify(batch)))).toEqual({
			board_id: "b1",
			mount: "overhead",
			spots: [{ spot_id: "A", height_cm: 231.5 }, { spot_id: "B" }],
			...batch,
		});
	});
});
