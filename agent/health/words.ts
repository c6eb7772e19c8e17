/** Messages that `settle` knows: nobody has spoken of the object yet (semantics §5.4). */
export const noStatus = "no status";
export const noAddress = "no address";
