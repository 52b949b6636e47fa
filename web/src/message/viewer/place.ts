/** Where a picture stands; the viewer leads to the others of its conversation. */
export interface PicturePlace {
  readonly conversationId: number;
  readonly seq: number;
}
