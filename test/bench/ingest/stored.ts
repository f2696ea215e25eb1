/** What gateways say to be stored, counted. */
import type { Stored } from "../../../firmware/messages.ts";
import { RemoteBroker } from "../../../gateway/broker/remote.ts";
import { until } from "../../support/processes.ts";
import type { Ends } from "../sides.ts";

/** Listens to what boards below `prefix` are told. @returns how many reports were said stored so far */
export async function countStored(url: string, prefix: string, ends: Ends): Promise<() => number> {
	let stored = 0;
	const ears = new RemoteBroker({ url, clientId: `${prefix}-ears` });
	ends.unshift(() => ears.close());
	await ears.start({
		filters: [`${prefix}/board/+/stored`],
		onMessage: async ({ payload }) => {
			const { seqs } = JSON.parse(Buffer.from(payload).toString()) as Stored;
			for (const [first, last] of seqs) stored += last - first + 1;
		},
		onConnect: () => {},
		onDisconnect: () => {},
	});
	await until("a connection", () => ears.state.connected);
	return () => stored;
}
