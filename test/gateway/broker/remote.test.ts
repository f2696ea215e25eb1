import { RemoteBroker } from "../../../gateway/broker/remote.ts";
import { Mosquitto, mosquittoMissing } from "../../support/mosquitto.ts";
import { brokerContract } from "./contract.ts";

/** Retries come in real time, but soon. */
const soon = (action: () => void, delayMs: number) => {
	const timer = setTimeout(action, Math.min(delayMs, 20));
	return () => clearTimeout(timer);
};

brokerContract(
	"RemoteBroker on Mosquitto",
	async () => {
		const mosquitto = await Mosquitto.start();
		const broker = new RemoteBroker({ url: mosquitto.url, clientId: "gateway", setTimer: soon });
		return {
			broker,
			sensorUrl: () => mosquitto.url,
			cleanup: async () => {
				await broker.close();
				await mosquitto.close();
			},
		};
	},
	mosquittoMissing,
);
