/** How much memory another process has. */
import { readFileSync } from "node:fs";

/** Resident memory of process `pid`, bytes. NaN where there is no `/proc`. See proc_pid_status(5). */
export function residentBytes(pid: number): number {
	try {
		const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
		return Number(kib) * 1024;
	} catch {
		return Number.NaN;
	}
}
