/** How a process that is compared with tells its parent how far it is. */

/** Call what it returns for each message that was handled. The parent is told every 2 ms; when it is gone, this process ends. */
export function tellHandled(): () => void {
	let handled = 0;
	let told = 0;
	setInterval(() => {
		if (handled > told) process.send?.(handled);
		told = handled;
	}, 2);
	process.on("disconnect", () => process.exit(0));
	return () => {
		handled++;
	};
}
