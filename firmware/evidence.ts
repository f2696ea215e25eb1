/**
 * What the detector's evidence is worth: likelihoods, and how long something must last. They were chosen on the model's traces,
 * and held to other traces that were not looked at. Nats, cm, and measurements of a full board, about 0.7 s each.
 */

/** Echoes that the median and the agreement are taken from: with eight sensors in a sweep of 0.7 s, the last 3.5 s. */
export const windowSize = 5;

/** Echoes that differ by no more than this come from the same surface, cm: HC-SR04s scatter by 0.1 to 0.5 cm, a walking person by far more. */
export const agreeCm = 2.5;

/** A window of echoes that differ by no more than this is calm, cm: slush, wind and warm air over an engine included. */
export const calmSpreadCm = 6;

/**
 * Evidence for a change of mind, in nats: the sum of the logarithms of how much likelier each measurement is after the change
 * than before it, never below 0 (a CUSUM test, Page 1954). Evidence against only leaks it away, so that a stray ping delays
 * a change by one or two measurements and no more. e^9.5: one false alarm in some 13,000 measurements if they were by
 * chance alone; and four clear measurements, at most {@link clear} each, are enough.
 */
export const evidenceNeeded = 9.5;

/** What one measurement is worth at most, nats: three of them are not enough for a change. */
export const clear = 3;

/** What a silent one is worth at most, nats: rain and wind swallow some pings in a row. */
export const silenceClear = 1.5;

/** A measurement counts for the time since the last one, in full from this on, ms: ten pings in one second are one second's. */
export const fullWeightMs = 450;

/** A board that is slower by this, ms, has twice as much to learn from each: less by chance stays the same for so long. */
export const slowMs = 3000;

/** Two sweeps of a full board, ms: what takes longer between two measurements is a slower board. */
export const slowFromMs = 1500;

/** A floor of 250 cm in sight of a car that is there: prior share of its measurements. Beam edges, windows. */
export const priorFloorShare = 0.06;

/** Prior share of measurements of a car that are silent: slopes, glass. */
export const priorSilentShare = 0.4;

/** Prior share of measurements of a free spot that are near echoes: birds, drops, other sensors' pings. */
export const priorGhostShare = 0.02;

/** Measurements after a car has come in which its roof may turn out to be just under the sensor. */
export const vanWithin = 24;

/** Nearer to a wall's sensor a bumper is loud: what is heard there now and then is a drop or an insect, cm. */
export const dropCm = 15;

/** What the echoes of something that stands there all at once count for: a person may be there for some seconds. */
export const suddenShare = 0.55;

/** And what those of something that keeps moving count for. */
export const movingShare = 0.25;

/** Near echoes that differ by more than this move, cm; from this share of such on it is no car at rest. */
export const erraticCm = 2;
export const erraticShare = 0.4;

/** And then so many times the evidence is needed: 12 s of nothing but such echoes. */
export const erraticFactor = 3;

/** What lets the floor be heard more often than this stands at the edge of the beam, and has left after so many of its echoes; 14 s. */
export const edgeShare = 0.2;
export const edgeRun = 20;

/** More echoes of the floor in a row than this are a car's leaving. */
export const longestLimit = 25;

/** From this share on near echoes mean little where they are few: a cable in the beam, other sensors. */
export const hauntedShare = 0.03;

/** Echoes of exactly the same length, one after the other, of a sensor that hangs. */
export const frozenAfter = 40;

/** Steps from one echo to the next, µs, that show that a sensor times them finely; how many of them show it. */
export const fineStepUs = 12;
export const fineStepsNeeded = 10;

/** Measurements of silence within which the floor was just heard. */
export const strangeWithin = 8;

/** No pulse that counts is longer, cm: 36 ms at 60 °C make 662. Temperatures can be anything. */
export const farthestCm = 1000;

/** Each near echo counts 4 and each other measurement takes 1 away, up to a limit; from `carHeard` on, that is two in a row, silence after them is a car's. */
export const carHeard = 6;
export const heardLimit = 20;

/** How fast the share of ghosts is learnt at last, per measurement: half an hour. */
export const ghostRate = 1 / 2048;

/** Measurements of an empty spot by which its ghosts would have shown themselves, 6 min. */
export const quietAfter = 500;

/** Measurements that the prior share of ghosts counts for. */
export const ghostPriorAge = 50;

/** How fast the shares of a car are learnt after its first measurements, per measurement. */
export const carRate = 1 / 32;

/** A car that is heard again from within this distance of where one was heard last is the same one, cm. */
export const sameCarCm = 8;

/** What is heard between two echoes of one car counts up to this. */
export const runLimit = 200;

/** Share of the floor's echoes up to which a car can be told from none, after half a minute. */
export const mostFloorShare = 0.75;

/** Votes for a wire that is off or a pin that hangs: a sound sensor never looks like that, so it shows within 3 sweeps. */
export const faultVotesNeeded = 3;

/** The same where it may be something else: short pulses and echoes from the sensor itself are drops of rain at times, and some clones give no pulse when nothing comes back. */
export const nuisanceVotesNeeded = 6;

/** Votes at most: a fault is over after as many sound measurements. */
export const faultVotesLimit = 8;

/** Measurements of silence over a floor that can be heard, with no car before it, after which nothing is known; about 40 s. */
export const lostAfter = 60;

/** More of it tells no more. */
export const lostLimit = 10_000;

/** The same for a car that has been heard, at least; about 30 s. */
export const goneAfter = 45;

/** Measurements after which a stay was a car's, and not a cart's. */
export const knownAfter = 40;

/** How fast the share of echoes that come from anywhere is learnt, per measurement: half of it in 8 s. */
export const oddRate = 1 / 16;

/** Share of echoes that come from anywhere, from which on nothing is known, and below which something may be again. */
export const unclear = Object.freeze({ from: 0.6, below: 0.4 });

/** Measurements after a start, or a fault, in which a verdict is due. */
export const startingLimit = 12;

/** As many measurements of silence one after the other come by chance once in e^10 where `silentShare` of all are silent, and come four at a time. */
export function longestRun(silentShare: number): number {
	return -40 / Math.log(Math.min(0.99, Math.max(0.01, silentShare)));
}

/** How much likelier something of share `here` is than of share `there`, in nats, at most {@link clear}. */
export function logOdds(here: number, there: number): number {
	return Math.min(clear, Math.log(here / Math.max(0.001, there)));
}
