/** What a connection needs of the world: sockets, and what the page goes through. */

export interface SocketEvents {
	opened(): void;
	received(text: string): void;
	/** Once, however it ended. */
	closed(code: number): void;
}

export interface Socket {
	send(text: string): void;
	close(): void;
}

export interface Transport {
	connect(url: string, events: SocketEvents): Socket;
}

export interface PageEvents {
	/** The page was shown, came back from the back/forward cache, or its device says that it has a network. */
	woke(): void;
	/** The page goes away, perhaps into the back/forward cache, which takes no page with an open socket. */
	left(): void;
	/** The device says that it has no network. */
	lostNetwork(): void;
}

export interface Page {
	/** False only where the device knows that it has no network; true proves nothing. */
	isOnline(): boolean;
	/** Returns how to stop. */
	listen(events: PageEvents): () => void;
}

export const browserTransport: Transport = {
	connect(url, events) {
		const socket = new WebSocket(url);
		socket.onopen = () => events.opened();
		socket.onmessage = (event) => events.received(String(event.data));
		socket.onclose = (event) => events.closed(event.code);
		return {
			send: (text) => socket.send(text),
			close() {
				// A frozen connection would report its close only after the browser's own timeout.
				socket.onopen = socket.onmessage = socket.onclose = null;
				socket.close();
			},
		};
	},
};

export const browserPage: Page = {
	isOnline: () => navigator.onLine,
	listen(events) {
		const stop = new AbortController();
		const { signal } = stop;
		const woke = () => events.woke();
		addEventListener("online", woke, { signal });
		addEventListener("pageshow", woke, { signal });
		addEventListener("pagehide", () => events.left(), { signal });
		addEventListener("offline", () => events.lostNetwork(), { signal });
		document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && woke(), { signal });
		return () => stop.abort();
	},
};

/** Address of a lot's live frames on the gateway that served this page. */
export function liveUrl(lotId: string, base: URL | Location): string {
	const scheme = base.protocol === "https:" ? "wss:" : "ws:";
	return `${scheme}//${base.host}/ws?lot=${encodeURIComponent(lotId)}`;
}
