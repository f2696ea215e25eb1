/**
 * In: a scenario and a seed. Out: a trace: the board's pings in its own order and time, beside the truth.
 * Never: keeps more of a trace than one sweep.
 */
import type { Mount } from "../../../detector.ts";
import type { TraceHead, TraceLine, TraceTruth } from "../../../trace.ts";
import { between, type Random, seededRandom } from "../random.ts";
import { type Span, Spot } from "./spot.ts";

/** When a board pings. The defaults are ParkMate's own board. */
export interface Cadence {
	/** From one sensor's ping to the next one's, ms. */
	slotMs: readonly [min: number, max: number];
	/** From one sweep over the sensors to the next, ms; longer when the slots need it. */
	sweepMs: readonly [min: number, max: number];
}

/** A ParkMate board: slots of 80 to 95 ms that are not all the same, so that a stranger's pings don't keep step. */
export const ownCadence: Cadence = { slotMs: [80, 95], sweepMs: [650, 750] };

/** What the effects of a scenario work on. */
export interface Site {
	readonly mount: Mount;
	readonly spots: readonly Spot[];
	readonly durationMs: number;
	/** Hour of the day, 0 to 24, at `atMs`. */
	readonly hourAt: (atMs: number) => number;
	/** Spans in which the board measures nothing. */
	readonly pauses: Span[];
	/** Whether this sample is lost on its way. */
	readonly losses: (() => boolean)[];
	/** When the board pinged last, with any of its sensors, ms. */
	lastPingMs: number;
}

/** One thing that happens in reality. Its chance is its own: switching it on or off changes nothing else's. */
export interface Effect {
	readonly name: string;
	/** Hangs itself into the site before the time begins; `random` names streams of this effect alone. */
	readonly apply: (site: Site, random: (name: string) => Random) => void;
}

export interface Scenario {
	name: string;
	/** What happens, in one line for people. */
	story: string;
	mount: Mount;
	/** Range from which the height of the site's sensors over the ground is taken, cm. */
	heightCm: readonly [min: number, max: number];
	/** 1 to 8. */
	spots: number;
	hours: number;
	/** Hour of the day at which it begins; 8 when left out. */
	firstHour?: number;
	/** What a person has set on the board: how it is mounted, each sensor's height. */
	tells?: { mount?: boolean; height?: boolean };
	/** A probe measures the air: samples carry its temperature. */
	thermometer?: boolean;
	cadence?: Cadence;
	effects: readonly Effect[];
}

const hourMs = 3_600_000;

/** People measure a height with a tape to 2 cm. */
const tapeCm = 2;

/** Thermometers such as a DS18B20 are right to 0.5 °C. */
const probeC = 0.5;

/** The trace of `scenario` under `seed` (32 bits): first its head, then samples and truths in time order. */
export function* traceOf(scenario: Scenario, seed: number): Generator<TraceHead | TraceLine> {
	const { name, mount, hours, firstHour = 8, tells = {}, thermometer = false, cadence = ownCadence } = scenario;
	const randomOf = (what: string) => seededRandom(seed, `${name}/${what}`);
	const random = randomOf("board");
	const siteHeightCm = between(random, ...scenario.heightCm);
	const ids = Array.from({ length: scenario.spots }, (_, index) => `SPOT${String(index + 1).padStart(3, "0")}`);
	const spots = ids.map((id) => {
		const spotRandom = (what: string) => randomOf(`${id}/${what}`);
		// Fixed to one beam or wall, each a bit its own way.
		return new Spot({ random: spotRandom, mount, heightCm: siteHeightCm + between(spotRandom("height"), -4, 4) });
	});
	const site: Site = {
		mount,
		spots,
		durationMs: hours * hourMs,
		hourAt: (atMs) => (firstHour + atMs / hourMs) % 24,
		pauses: [],
		losses: [],
		lastPingMs: Number.NEGATIVE_INFINITY,
	};
	for (const { name: effect, apply } of scenario.effects) apply(site, (what) => randomOf(`${effect}/${what}`));

	const truths = new Truths(ids, spots, tells.height === true);
	yield {
		trace: 1,
		name,
		...(tells.mount ? { mount } : {}),
		spots: spots.map(({ ear }, index) => ({
			spot_id: ids[index] ?? "",
			...(tells.height ? { height_cm: Math.round(ear.z + between(random, -tapeCm, tapeCm)) } : {}),
		})),
	};
	yield* truths.upTo(0);
	const probeOffC = between(random, -probeC, probeC);
	for (let sweepAtMs = 0; sweepAtMs < site.durationMs; ) {
		const pause = site.pauses.find(({ fromMs, toMs }) => sweepAtMs >= fromMs && sweepAtMs < toMs);
		if (pause) {
			sweepAtMs = pause.toMs;
			continue;
		}
		let atMs = sweepAtMs;
		for (const [index, spot] of spots.entries()) {
			const echoUs = spot.ping(atMs);
			site.lastPingMs = atMs;
			atMs += between(random, ...cadence.slotMs);
			if (site.losses.some((isLost) => isLost())) continue;
			yield* truths.upTo(atMs);
			const temperatureC = Math.round((spot.moment.temperatureC + probeOffC) * 10) / 10;
			const t = Math.round(atMs);
			const spot_id = ids[index] ?? "";
			yield { t, spot: spot_id, echo_us: echoUs, ...(thermometer ? { temp_c: temperatureC } : {}) };
		}
		sweepAtMs = Math.max(atMs, sweepAtMs + between(random, ...cadence.sweepMs));
	}
	yield* truths.upTo(site.durationMs);
}

/** What is true of each spot, and whether anybody could know. */
class Truths {
	readonly #ids: readonly string[];
	readonly #spots: readonly Spot[];
	readonly #due: { atMs: number; spot: number; occupied?: boolean }[] = [];
	readonly #occupied: boolean[];
	/** Spots that the board has seen nothing but a vehicle on, since it was put up. */
	readonly #isCovered: boolean[];

	/** Spots whose vehicle makes no difference to what is heard. */
	readonly #isUnheard: boolean[];

	constructor(ids: readonly string[], spots: readonly Spot[], isHeightKnown: boolean) {
		this.#ids = ids;
		this.#spots = spots;
		for (const [spot, each] of spots.entries()) {
			each.begin(({ atMs, occupied }) => this.#due.push({ atMs, spot, occupied }));
			for (const { fromMs, toMs } of each.blind) this.#due.push({ atMs: fromMs, spot }, { atMs: toMs, spot });
		}
		this.#occupied = spots.map(({ traffic }) => traffic.occupied);
		this.#isCovered = spots.map(
			({ mount }, spot) => mount === "overhead" && !isHeightKnown && this.#occupied[spot] === true,
		);
		this.#isUnheard = spots.map((each) => each.traffic.occupied && !each.isTelling);
		for (const spot of spots.keys()) this.#due.push({ atMs: 0, spot });
	}

	/** All that came true up to `atMs`, in time order. */
	*upTo(atMs: number): Generator<TraceTruth> {
		for (const { traffic } of this.#spots) traffic.advance(atMs);
		const due = this.#due;
		due.sort((a, b) => a.atMs - b.atMs);
		for (let next = due[0]; next && next.atMs <= atMs; next = due[0]) {
			due.shift();
			const { spot, occupied = this.#occupied[spot] === true } = next;
			this.#occupied[spot] = occupied;
			if (!occupied) this.#isCovered[spot] = false;
			if (next.occupied !== undefined) this.#isUnheard[spot] = occupied && this.#spots[spot]?.isTelling === false;
			yield {
				t: Math.round(next.atMs),
				spot: this.#ids[spot] ?? "",
				truth: occupied ? "occupied" : "free",
				...(this.#isUnknowable(spot, next.atMs) ? { unknowable: true } : {}),
			};
		}
	}

	#isUnknowable(spot: number, atMs: number): boolean {
		if (this.#isCovered[spot] || this.#isUnheard[spot]) return true;
		return this.#spots[spot]?.blind.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs) === true;
	}
}
