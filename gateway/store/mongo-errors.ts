/** What an error of MongoDB or of its driver means to the gateway: a stable code and one line for people. */
import { MongoBulkWriteError, MongoServerError } from "mongodb";
import { StoreError } from "./store.ts";

interface Meaning {
	code: string;
	hint: string;
}

const noPrimary = { code: "STORE_UNREACHABLE", hint: "no server of it takes writes now" };
const denied = { code: "STORE_DENIED", hint: "user name or password is wrong, or the user may not do this" };
const unsafe = { code: "STORE_UNCONFIRMED", hint: "most of its servers did not confirm the write" };
const away = { code: "STORE_UNREACHABLE", hint: "it does not answer" };
const lost = { code: "STORE_UNREACHABLE", hint: "the connection is lost" };
const slow = { code: "STORE_SLOW", hint: "it took too long" };
const tls = { code: "STORE_TLS", hint: "no trusted TLS connection" };

const duplicateKey = 11000;

/** The server's codes (https://www.mongodb.com/docs/manual/reference/error-codes/). */
const meanings: Record<number, Meaning> = {
	13: denied,
	18: denied,
	8000: denied,
	50: slow,
	64: unsafe,
	79: unsafe,
	100: unsafe,
	91: noPrimary,
	189: noPrimary,
	10058: noPrimary,
	10107: noPrimary,
	11600: noPrimary,
	11602: noPrimary,
	13435: noPrimary,
	13436: noPrimary,
	[duplicateKey]: { code: "STORE_BUSY", hint: "another gateway wrote the same at the same time" },
	14031: { code: "STORE_FULL", hint: "the disk is full" },
};

/** The same for errors of the driver, by their name. */
const driverMeanings: Record<string, Meaning> = {
	MongoServerSelectionError: away,
	MongoNetworkError: lost,
	MongoPoolClearedError: lost,
	MongoNetworkTimeoutError: slow,
	MongoWaitQueueTimeoutError: slow,
	MongoNotConnectedError: { code: "STORE_CLOSED", hint: "the store is closed" },
	MongoTopologyClosedError: { code: "STORE_CLOSED", hint: "the store is closed" },
	MongoClientClosedError: { code: "STORE_CLOSED", hint: "the store is closed" },
	MongoParseError: { code: "STORE_REFUSED", hint: "MONGODB_URL is not one" },
	MongoInvalidArgumentError: { code: "STORE_REFUSED", hint: "the driver does not take this" },
	MongoMissingCredentialsError: denied,
	BSONError: { code: "STORE_REFUSED", hint: "this can't be kept" },
};

/** Servers were looked for, and the last answer of one of them was this. */
const tlsText = /\bTLS\b|\bSSL\b|\bcertificate\b/i;

function meaningOf(error: unknown): Meaning | undefined {
	if (!(error instanceof Error)) return undefined;
	// Bulk writes wrap what stopped them, a lost connection too.
	if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error)
		return meaningOf(error.errorResponse);
	const code = "code" in error ? error.code : undefined;
	if (typeof code === "number" && meanings[code] !== undefined) return meanings[code];
	// A name that the DNS does not know, before any server is looked for.
	if (typeof code === "string" && /^E(?!RR_)/.test(code)) return away;
	const meaning = driverMeanings[error.name];
	return meaning === away && tlsText.test(error.message) ? tls : meaning;
}

/**
 * `error`, thrown while doing `what` to the database at `place`, as a StoreError with a stable code; `error` itself becomes its cause.
 * Who names a user and a password in the URL finds neither in the text.
 */
export function toStoreError(what: string, place: string, error: unknown): StoreError {
	if (error instanceof StoreError) return error;
	const meaning = meaningOf(error);
	const text = (error instanceof Error ? error.message : String(error)).replace(/\/\/[^/@\s]*@/g, "//***@");
	const hint = meaning === undefined ? "" : `: ${meaning.hint}`;
	return new StoreError(meaning?.code ?? "STORE_FAILED", `can't ${what} ${place}${hint} (${text})`, { cause: error });
}

/** True when the server refused a write for a document that is there already. */
export function isDuplicate(error: unknown): boolean {
	return error instanceof MongoServerError && error.code === duplicateKey;
}

/** Runs an upsert, and runs it again when another gateway made the same document between its look and its write: then it is there. */
export async function upsert<T>(write: () => Promise<T>): Promise<T> {
	try {
		return await write();
	} catch (error) {
		if (!isDuplicate(error)) throw error;
		return write();
	}
}

/** True when an unordered write did all that it had to, but for documents that are there already. */
export function onlyDuplicates(error: unknown): boolean {
	if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return false;
	const errors = [error.writeErrors].flat();
	return errors.length > 0 && errors.every(({ code }) => code === duplicateKey);
}
