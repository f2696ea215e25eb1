/** The host under the Moddable simulator: sensors, lamps and network are controls of its panel. */

import type { BoardHealth } from "../../messages.ts";
import { sensorLimit } from "../../ranging.ts";
import type { Settings } from "../../settings.ts";
import type { Connect } from "../../transport.ts";
import { type BoardConfig, certificateFrom } from "../moddable/config.ts";
import type { Host, HostOptions, HostSensor, MakeHost } from "../moddable/host.ts";
import { MqttTransport } from "../moddable/mqtt.ts";
import { hostClock, ModdableTimer } from "../moddable/timer.ts";
import { seededRandom } from "../virtual/random.ts";
import { Commands } from "./commands.ts";
import { SimulatedSensor } from "./hc-sr04.ts";
import { SimulatedLamp } from "./lamp.ts";
import { SimulatedNetwork } from "./network.ts";

interface SimulatorConfig extends BoardConfig {
	/** Times faster than life. */
	speed: number | string;
}

class SimulatorHost implements Host {
	readonly firmware = "parkmate-simulator 0.1.0";
	readonly resetReason = undefined;
	readonly timer: ModdableTimer;
	readonly clock = hostClock;
	/** The engine's own says the same at each start here. */
	readonly random = seededRandom(Date.now() >>> 0, "board");
	readonly lamps: readonly SimulatedLamp[];
	readonly connect: Connect;
	readonly #commands: Commands;
	readonly #network: SimulatedNetwork;

	constructor({ config, onSettings }: HostOptions) {
		const { speed, broker_ca } = config as SimulatorConfig;
		this.timer = new ModdableTimer(Number(speed));
		this.lamps = Array.from({ length: sensorLimit }, (_, index) => new SimulatedLamp(index));
		this.#commands = new Commands({ onSettings });
		let ca = certificateFrom(broker_ca);
		this.#commands.onCertificate = (text) => {
			ca = certificateFrom(text);
		};
		this.#network = new SimulatedNetwork((options) => new MqttTransport(options, ca));
		this.connect = (options) => this.#network.connect(options);
	}

	openSensors(settings: Settings): readonly HostSensor[] {
		this.#commands.showBoard(settings);
		return settings.spots.map(
			({ height_cm }, index) =>
				new SimulatedSensor({ index, floorCm: height_cm, temperatureC: settings.temperature_c }),
		);
	}

	start(): void {}

	hasNetwork(): boolean {
		return this.#network.wifi;
	}

	vitals(): Pick<BoardHealth, "wifi_losses"> {
		return { wifi_losses: this.#network.losses };
	}

	showLink(connected: boolean, reason: string): void {
		this.#commands.showLink(connected, reason);
	}

	openSerial(): (line: string) => void {
		return (line) => trace(`${line}\n`);
	}

	restart(): void {
		// The simulator starts the app again when it has ended.
	}
}

export const makeHost: MakeHost = (options) => new SimulatorHost(options);
