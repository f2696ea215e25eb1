/** Names of lots and spots, as the sample lots have them. */
export const lotId = (lot: number) => `LOT${String(lot + 1).padStart(3, "0")}`;
export const spotId = (spot: number) => `SPOT${String(spot + 1).padStart(3, "0")}`;
