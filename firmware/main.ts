/**
 * In: the manifest's config, what was saved on the board, the device that the manifest chose. Out: a board at work.
 * Never: waits for a network, or decides anything: it only puts the parts together.
 */
import config from "mc/config";
import { makeHost } from "parkmate/device/here/host";
import Preference from "preference";
import { Board } from "./board.ts";
import { watchAborts } from "./device/moddable/abort.ts";
import { type BoardConfig, settingsFrom } from "./device/moddable/config.ts";
import type { Host, HostSensor } from "./device/moddable/host.ts";
import { Startup } from "./device/moddable/startup.ts";
import { PreferenceStore } from "./device/moddable/store.ts";
import { traceLine, wantsTrace } from "./device/moddable/trace-line.ts";
import { countBoot, firstBootLimit, loadSettings, parseSettings, type Settings, saveBoot } from "./settings.ts";

// The config is frozen in flash, and some of what reads it adds to it.
const boardConfig: BoardConfig = { ...config } as unknown as BoardConfig;
const store = new PreferenceStore(Preference);
const host: Host = makeHost({ config: boardConfig, store, onSettings: (value) => use(() => parseSettings(value)) });
const startup = new Startup({ lamps: host.lamps, timer: host.timer });

const aborted = watchAborts({ store, restart: () => host.restart() });

let board: Board | null = null;
let say: ((line: string) => void) | null = null;
let sensors: readonly HostSensor[] = [];

/** Works with these settings from now on. With ones that make no sense it stays as it is, and says so. */
function use(settings: () => Settings): void {
	let next: Settings;
	try {
		next = settings();
	} catch (error) {
		trace(`parkmate: ${(error as Error).message}\n`);
		if (!board) startup.fault();
		return;
	}
	const begin = () => {
		try {
			work(next);
		} catch (error) {
			trace(`parkmate: ${(error as Error).message}\n`);
			startup.fault();
		}
	};
	startup.close();
	if (board) board.close(begin);
	else begin();
}

function work(settings: Settings): void {
	for (const sensor of sensors) sensor.close();
	sensors = host.openSensors(settings);
	board = new Board({
		settings,
		boot: nextBoot(),
		firmware: host.firmware,
		restarted: aborted ?? host.resetReason,
		sensors,
		lamps: host.lamps.slice(0, settings.spots.length),
		timer: host.timer,
		clock: host.clock,
		random: host.random,
		connect: host.connect,
		onTrace: tracer(settings),
		saveBoot: (number) => saveBoot(store, number),
		memory: store,
		vitals: () => host.vitals(),
		hasNetwork: () => host.hasNetwork(),
		onConnect: () => host.showLink(true, ""),
		onDisconnect: (reason) => host.showLink(false, reason),
	});
	board.start();
}

/** Undefined when nobody listens at the serial port. */
function tracer(settings: Settings): ((batch: string) => void) | undefined {
	if (!wantsTrace(boardConfig)) return undefined;
	const line = say ?? host.openSerial();
	say = line;
	return (batch) => line(traceLine(settings, batch));
}

/** Each time that the work begins is a start of its own, as its reports are numbered from 1 again. */
function nextBoot(): number {
	try {
		return countBoot(store, host.random);
	} catch (error) {
		// The lot is watched without a memory too.
		trace(`parkmate: ${(error as Error).message}\n`);
		return 1 + Math.floor(host.random() * firstBootLimit);
	}
}

host.start();
startup.run(() => use(() => loadSettings(store) ?? settingsFrom(boardConfig)));
