/** Has no typings in the Moddable SDK, or none that are found; as far as it is used here. */
declare module "control" {
	/** One control of the simulator's panel. Its messages are JSON. */
	export default class Control {
		close(): void;
		/** Every message of the panel comes to every control. */
		onJSON(json: object): void;
		postJSON(json: object): void;
	}
}
