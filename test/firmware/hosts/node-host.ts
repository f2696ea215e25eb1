/** A board in a context of its own in this process: V8, with none of Node's globals. */
import { createContext, runInContext } from "node:vm";
import type { BoardEvent, Engine, EngineReply } from "../../../firmware/device/virtual/engine-protocol.ts";

export class NodeHost implements Engine {
	readonly #step: (text: string) => string;

	constructor(script: string) {
		const context = createContext({});
		runInContext(script, context);
		this.#step = runInContext("step", context) as (text: string) => string;
	}

	async step(events: readonly BoardEvent[]): Promise<EngineReply> {
		return JSON.parse(this.#step(JSON.stringify(events))) as EngineReply;
	}

	close(): void {}
}
