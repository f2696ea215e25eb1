/** Has no typings in the Moddable SDK, or none that are found; as far as it is used here. */
declare module "embedded:io/pulsewidth" {
	export default class PulseWidth {
		static readonly Input: number;
		static readonly RisingToFalling: number;
		constructor(options: { pin: number; mode?: number; edges: number });
		close(): void;
		/** Length of the last pulse in µs; undefined when none has ended since the last call. */
		read(): number | undefined;
	}
}
