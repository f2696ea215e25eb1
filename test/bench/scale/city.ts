/** A city's lots and boards, and what they say: of every spot in a random order, each report a change. */
import { seededRandom } from "../../../firmware/device/virtual/random.ts";
import { type BoardStatus, type StatusReport, Topics } from "../../../firmware/messages.ts";
import type { Message } from "../../../gateway/broker/broker.ts";
import type { Books } from "../../../gateway/lots/books.ts";
import { lotId, spotId } from "../site.ts";

/** The same in a city of any size, so that nothing but the number of lots differs. */
export const spotsPerLot = 20;
const spotsPerBoard = 10;

const topics = new Topics("parkmate");

/** Boards that have spoken for all their spots once, in order; from then on in a random one. */
export class City {
	readonly lots: number;
	readonly #order: Uint32Array;
	readonly #occupied: Uint8Array;
	readonly #distances: Float64Array;
	readonly #seqs: Uint32Array;
	#sent = 0;

	/** `spots`: a multiple of {@link spotsPerLot}. */
	constructor(spots: number) {
		this.lots = spots / spotsPerLot;
		this.#order = shuffled(spots);
		this.#occupied = new Uint8Array(spots).fill(1);
		this.#distances = new Float64Array(spots).fill(40);
		this.#seqs = new Uint32Array(spots / spotsPerBoard).fill(spotsPerBoard);
	}

	/** What boards say when they connect. */
	*births(): Generator<Message> {
		for (let board = 0; board < this.#seqs.length; board++) {
			const [lot, first] = placeOf(board * spotsPerBoard);
			const spots = Array.from({ length: spotsPerBoard }, (_, index) => spotId(first + index));
			const uptime_ms = 1000;
			const status: BoardStatus = { online: true, boot: 1, firmware: "1.0.0", uptime_ms, lot_id: lotId(lot), spots };
			yield message(topics.board(boardIdOf(board), "status"), status);
		}
	}

	/** The first report of each spot: a car is there. */
	*firstReports(): Generator<Message> {
		for (let spot = 0; spot < this.#occupied.length; spot++) yield this.#report(spot, (spot % spotsPerBoard) + 1);
	}

	/** The next `count` reports. */
	reports(count: number): Message[] {
		return Array.from({ length: count }, () => {
			const spot = this.#order[this.#sent % this.#order.length] ?? 0;
			const board = Math.floor(spot / spotsPerBoard);
			this.#occupied[spot] = this.#occupied[spot] === 1 ? 0 : 1;
			this.#distances[spot] = 20 + (this.#sent++ % 4000) / 10;
			this.#seqs[board] = (this.#seqs[board] ?? 0) + 1;
			return this.#report(spot, this.#seqs[board] ?? 0);
		});
	}

	/** How many spots are not what was said last of them, and how many lots do not count them right. */
	wrong(books: Books): number {
		let wrong = 0;
		for (let lot = 0; lot < this.lots; lot++) {
			const spots = books.spots(lotId(lot));
			for (let index = 0; index < spotsPerLot; index++) {
				const spot = lot * spotsPerLot + index;
				const isOccupied = this.#occupied[spot] === 1;
				if (spots[index]?.occupied !== isOccupied || spots[index]?.distance !== this.#distances[spot]) wrong++;
			}
			if (books.lot(lotId(lot))?.occupied_spots !== spots.filter(({ occupied }) => occupied).length) wrong++;
		}
		return wrong;
	}

	#report(spot: number, seq: number): Message {
		const [lot, index] = placeOf(spot);
		const [lot_id, spot_id] = [lotId(lot), spotId(index)];
		const occupied = this.#occupied[spot] === 1;
		const status: StatusReport = {
			...{ spot_id, lot_id, occupied, distance: this.#distances[spot] ?? 0, timestamp: new Date().toISOString() },
			...{ board_id: boardIdOf(Math.floor(spot / spotsPerBoard)), boot: 1, seq, uptime_ms: seq * 1000 },
			...{ state: occupied ? "occupied" : "free", confidence: 0.5 + (seq % 50) / 100, reason: "echo" },
		};
		return message(topics.status(lot_id, spot_id), status);
	}
}

function placeOf(spot: number): [lot: number, index: number] {
	return [Math.floor(spot / spotsPerLot), spot % spotsPerLot];
}

/** As long as the name that a board has from its chip. */
function boardIdOf(board: number): string {
	return `esp32-${board.toString(16).padStart(12, "0")}`;
}

function message(topic: string, payload: object): Message {
	return { topic, payload: Buffer.from(JSON.stringify(payload)), retained: false };
}

/** Each number below `count` once. Fisher-Yates. */
function shuffled(count: number): Uint32Array {
	const random = seededRandom(1, "city");
	const order = Uint32Array.from({ length: count }, (_, index) => index);
	for (let last = count - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
	}
	return order;
}
