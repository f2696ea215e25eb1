/**
 * The Moddable SDK as far as it is used here, so that all can be checked without it. With the SDK its own typings take
 * the place of this file.
 */

/** Prints to the debugger, or where there is none to the console. */
declare function trace(...texts: (string | number | boolean)[]): void;

declare const System: {
	/** The address is undefined when the name is not known; the SDK's typings say otherwise. */
	resolve(name: string, callback: (name: string, address: string) => void): void;
	restart(): void;
};

interface StringConstructor {
	/** @throws Error on bytes that are no UTF-8. */
	fromArrayBuffer(bytes: ArrayBuffer): string;
}

interface ArrayBufferConstructor {
	/** UTF-8. */
	fromString(text: string): ArrayBuffer;
}

interface Uint8ArrayConstructor {
	fromBase64(base64: string): Uint8Array;
}

declare module "mc/config" {
	/** The manifest's `config`, with what the command line said in its place. Frozen. */
	const config: Record<string, unknown>;
	export default config;
}

declare module "parkmate/device/here/host" {
	/** The manifest puts the device's folder behind this name. */
	export const makeHost: import("../device/moddable/host.ts").MakeHost;
}

declare module "timer" {
	class Timer {
		static repeat(callback: (timer: Timer) => void, intervalMs: number): Timer;
		static set(callback: (timer: Timer) => void, delayMs?: number): Timer;
		/** Without a delay it sleeps until it is scheduled again. */
		static schedule(timer: Timer, delayMs?: number, repeatMs?: number): void;
		static clear(timer: Timer | undefined): void;
		private brand: boolean;
	}

	export { Timer as default };
}

declare module "time" {
	const Time: {
		/** Milliseconds that only ever rise, in 32 bits. */
		readonly ticks: number;
		/** From one reading of `ticks` to another, across their wrap. */
		delta(start: number, end?: number): number;
		/** Sets the wall clock, s since 1970. */
		set(seconds: number): void;
	};

	export { Time as default };
}

declare module "preference" {
	const Preference: {
		get(domain: string, key: string): string | boolean | number | ArrayBuffer | undefined;
		set(domain: string, key: string, value: string | boolean | number | ArrayBuffer): void;
	};

	export { Preference as default };
}

declare module "sntp" {
	class SNTP {
		static readonly time: 1;
		static readonly retry: 2;
		static readonly error: -1;
		/** With `time` comes the time, s since 1970. After `time` and `error` it is closed. */
		constructor(options: { host: string }, callback: (message: -1 | 1 | 2, value?: number) => void);
	}

	export { SNTP as default };
}

declare module "instrumentation" {
	const Instrumentation: {
		map(name: "System Free Memory"): number | undefined;
		get(what: number | undefined): number | undefined;
	};

	export { Instrumentation as default };
}

declare module "neopixel" {
	export default class NeoPixel {
		constructor(options: { pin: number; length: number; order: string });
		close(): void;
		update(): void;
		makeRGB(red: number, green: number, blue: number): number;
		setPixel(index: number, color: number): void;
	}
}

declare module "embedded:io/serial" {
	export default class Serial {
		constructor(options: { port: number; transmit: number; baud: number; onWritable: () => void });
		/** @throws Error when there is no room for all of it; then nothing of it was taken. */
		write(bytes: Uint8Array): void;
	}
}

declare module "embedded:io/digital" {
	export default class Digital {
		static readonly Input: number;
		static readonly Output: number;
		constructor(options: { pin: number; mode: number; initialValue?: 0 | 1 });
		read(): 0 | 1;
		write(value: 0 | 1): void;
		close(): void;
	}
}

declare module "embedded:io/pwm" {
	export default class PWM {
		/** Bits. */
		readonly resolution: number;
		constructor(options: { pin: number; hz?: number });
		/** 0 to 2^resolution − 1. */
		write(value: number): void;
		close(): void;
	}
}

declare module "embedded:io/socket/tcp" {
	export interface Options {
		address: string;
		port: number;
		onReadable?: (this: TCP, bytes: number) => void;
		onWritable?: (this: TCP, bytes: number) => void;
		onError?: (this: TCP) => void;
	}
	export default class TCP {
		constructor(options: Options);
		format: "number" | "buffer";
		read(byteLength: number): ArrayBuffer;
		/** Gives the bytes that may be written after it, which the SDK's typings leave out. */
		write(data: ArrayBuffer | Uint8Array): void;
		close(): void;
	}
}

declare module "embedded:network/mqtt/client" {
	interface Options {
		host: string;
		port: number;
		user?: string;
		password?: string;
		id: string;
		clean: boolean;
		/** Milliseconds. */
		keepAlive: number;
		will: { topic: string; message: string; QoS: number; retain: boolean };
		dns: object;
		socket: object;
		onReadable: (count: number, options: { more: boolean; topic?: string }) => void;
		onWritable: (count: number) => void;
		onControl: (opcode: number, message: object) => void;
		onError: () => void;
	}
	export default class MQTTClient {
		static readonly CONNACK: 2;
		static readonly SUBSCRIBE: 8;
		static readonly SUBACK: 9;
		static readonly DISCONNECT: 14;
		constructor(options: Options);
		read(count: number): ArrayBuffer;
		/** @throws Error when there is not enough room; nothing was written then. */
		write(data: ArrayBuffer, options: { topic: string }): number;
		close(): void;
	}
}

declare module "embedded:network/interface/wifi" {
	export default class WiFi {
		constructor(options: { onChanged: (property: string) => void });
		connect(options: { SSID: string; password?: string }): void;
		/** 500 and more: there is an address. 200 and less: not connected. */
		readonly connection: number;
		/** dBm. */
		readonly RSSI: number | undefined;
	}
}
