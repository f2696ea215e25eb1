/** A disk of its own that fills up: a tmpfs, with a ballast file on it. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Room on it while it is not full, bytes: a limit, not memory that is taken. */
const roomyBytes = 512 * 1024 * 1024;

/** More than the gateway writes while a size is set, bytes. */
const marginBytes = 4 * 1024 * 1024;

const mounted = new Set<Disk>();

// The runner ends, for whatever reason: what it mounted does not outlive it.
process.on("exit", () => {
	for (const disk of mounted) disk.close();
});

export class Disk {
	readonly path: string;

	private constructor(path: string) {
		this.path = path;
	}

	/** An empty one. @throws Error that says why it can't be mounted here. */
	static mount(): Disk {
		const disk = new Disk(mkdtempSync(join(tmpdir(), "parkmate-disk-")));
		try {
			mount("-t", "tmpfs", "-o", `size=${roomyBytes}`, "tmpfs", disk.path);
		} catch (error) {
			rmSync(disk.path, { recursive: true });
			throw error;
		}
		mounted.add(disk);
		return disk;
	}

	/** Leaves room for about `bytes` more, some MB at most. */
	leave(bytes: number): void {
		// The size first, so that the ballast is small. Others write meanwhile: no size is less than what is used.
		const { bsize, blocks, bfree } = statfsSync(this.path);
		this.#resize((blocks - bfree) * bsize + bytes + marginBytes);
		const ballast = openSync(this.#ballastPath, "w");
		try {
			for (;;) {
				const { bavail } = statfsSync(this.path);
				const chunk = Math.min(64 * 1024, bavail * bsize - bytes);
				if (chunk <= 0) return;
				writeSync(ballast, Buffer.alloc(chunk));
			}
		} catch (error) {
			// Somebody else was quicker: it is full.
			if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
		} finally {
			closeSync(ballast);
		}
	}

	/** Nothing else on it goes. */
	makeRoom(): void {
		rmSync(this.#ballastPath, { force: true });
		this.#resize(roomyBytes);
	}

	/** Everything on it goes. Twice is fine. */
	close(): void {
		if (!mounted.delete(this)) return;
		// Lazily: whoever was killed a moment ago may still hold a file.
		spawnSync("umount", ["-l", this.path]);
		rmSync(this.path, { recursive: true, force: true });
	}

	get #ballastPath(): string {
		return join(this.path, "ballast");
	}

	#resize(bytes: number): void {
		mount("-o", `remount,size=${bytes}`, this.path);
	}
}

function mount(...args: string[]): void {
	const { status, stderr, error } = spawnSync("mount", args, { encoding: "utf8" });
	if (status === 0) return;
	throw new Error(`can't mount a tmpfs: ${error?.message ?? stderr.trim().split("\n")[0]}`);
}

/** Why no disk can be filled here; null when one can. */
export const diskMissing: string | null = (() => {
	try {
		Disk.mount().close();
		return null;
	} catch (error) {
		return (error as Error).message;
	}
})();
