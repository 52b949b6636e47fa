/** Stands for the kit of meetings, which is not here. */
export const RoomMessageCard = {};
