/** The lot that the simulator's board stands in, as the simulator's manifest names it. */

const lot = {
	lot_id: "SIM",
	name: "Simulator",
	address: "On this desk",
	price_per_hour: 0,
	currency: "EUR",
	time_zone: "Europe/Berlin",
	spots: Array.from({ length: 8 }, (_, index) => ({ spot_id: `SIM${index + 1}` })),
};

/** How long the gateway may take to answer, ms. */
const deadlineMs = 3000;

/** Makes the lot at the gateway, unless it is there. Gives a sentence on what came of it; the simulator runs anyway. */
export async function makeDemoLot(gatewayUrl = "http://127.0.0.1:5000"): Promise<string> {
	try {
		const response = await fetch(`${gatewayUrl}/api/lots`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(lot),
			signal: AbortSignal.timeout(deadlineMs),
		});
		if (response.ok || response.status === 409) return `Its lot is SIM: ${gatewayUrl}/?lot=SIM`;
		return `The gateway at ${gatewayUrl} makes no lot SIM (it answers ${response.status}).`;
	} catch {
		return `No gateway answers at ${gatewayUrl}; start one with npm start to see the board in a browser.`;
	}
}
