/** PUBACK packets for these packet ids, in order: MQTT 3.1.1 §3.4; in MQTT 5 the same four bytes mean success. */
export function pubacks(ids: readonly number[]): Buffer {
	const packets = Buffer.allocUnsafe(4 * ids.length);
	let at = 0;
	for (const id of ids) {
		packets[at++] = 0x40;
		packets[at++] = 0x02;
		packets[at++] = id >> 8;
		packets[at++] = id & 0xff;
	}
	return packets;
}
