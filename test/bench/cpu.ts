/** How much of the processor another process has used. */
import { readFileSync } from "node:fs";

/** Length of the kernel's clock tick as it tells programs, ms: `USER_HZ` is 100 on all of Node's platforms. */
const tickMs = 10;

/** CPU time of process `pid` since its start, user and system, all threads, ms. NaN where there is no `/proc`. See proc_pid_stat(5). */
export function cpuMs(pid: number): number {
	let stat: string;
	try {
		stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	} catch {
		return Number.NaN;
	}
	// The second field is the program's name, which may have spaces and parentheses; utime and stime are fields 14 and 15.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
