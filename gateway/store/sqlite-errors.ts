/** What an error of SQLite means to the gateway: a stable code and one line for people. */
import { StoreError } from "./store.ts";

/** SQLite's result codes (https://sqlite.org/rescode.html) and what they are called here: primary ones, and an extended one that says more. */
const meanings: Record<number, { code: string; hint: string }> = {
	// SQLITE_IOERR_SHMSIZE: the file beside the database that several programs share can't grow.
	4874: { code: "STORE_FULL", hint: "the disk is full" },
	3: { code: "STORE_UNWRITABLE", hint: "the file or its folder may not be written" },
	5: { code: "STORE_BUSY", hint: "another program holds a write transaction on it" },
	6: { code: "STORE_BUSY", hint: "another program holds a write transaction on it" },
	8: { code: "STORE_UNWRITABLE", hint: "the file or its folder may not be written" },
	10: { code: "STORE_IO", hint: "the disk could not be read or written" },
	11: { code: "STORE_DAMAGED", hint: "the file is damaged: put it back from a backup" },
	13: { code: "STORE_FULL", hint: "the disk is full" },
	14: { code: "STORE_UNWRITABLE", hint: "the file or its folder can't be opened for writing" },
	19: { code: "STORE_REFUSED", hint: "the data breaks a rule of the tables" },
	26: { code: "STORE_DAMAGED", hint: "the file is not a database: put it back from a backup" },
};

/** The same for errors of the file system, by their `code`. */
const fileMeanings: Record<string, { code: string; hint: string }> = {
	EACCES: { code: "STORE_UNWRITABLE", hint: "no permission" },
	EPERM: { code: "STORE_UNWRITABLE", hint: "no permission" },
	EROFS: { code: "STORE_UNWRITABLE", hint: "the disk is read-only" },
	ENOTDIR: { code: "STORE_UNWRITABLE", hint: "a part of the path is a file" },
	EEXIST: { code: "STORE_UNWRITABLE", hint: "a file is where the folder should be" },
	ENOENT: { code: "STORE_UNWRITABLE", hint: "it can't be made there" },
	EIO: { code: "STORE_IO", hint: "the disk could not be read or written" },
	ENOSPC: { code: "STORE_FULL", hint: "the disk is full" },
	EDQUOT: { code: "STORE_FULL", hint: "the disk quota is used up" },
};

function meaningOf(error: unknown): { code: string; hint: string } | undefined {
	if (!(error instanceof Error)) return undefined;
	// The lowest byte is the primary result code; the bytes above say more of it.
	if ("errcode" in error && typeof error.errcode === "number") {
		return meanings[error.errcode] ?? meanings[error.errcode & 0xff];
	}
	return "code" in error && typeof error.code === "string" ? fileMeanings[error.code] : undefined;
}

/** `error`, thrown while doing `what` to `path`, as a StoreError with a stable code; `error` itself becomes its cause. */
export function toStoreError(what: string, path: string, error: unknown): StoreError {
	if (error instanceof StoreError) return error;
	const meaning = meaningOf(error);
	const text = error instanceof Error ? error.message : String(error);
	const hint = meaning === undefined ? "" : `: ${meaning.hint}`;
	return new StoreError(meaning?.code ?? "STORE_FAILED", `can't ${what} ${path}${hint} (${text})`, { cause: error });
}
