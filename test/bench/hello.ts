/** What the start bench compares with: Fastify with one WebSocket that says one thing. Listens on `PORT`. */
import websocket from "@fastify/websocket";
import fastify from "fastify";

const app = fastify();
await app.register(websocket);
app.get("/ws", { websocket: true }, (socket) => {
	socket.send(JSON.stringify({ event: "snapshot", lot_id: "LOT001", spots: [] }));
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
