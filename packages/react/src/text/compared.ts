import { comparisonForm } from "./comparison.ts";

/**
 * White space of any length, Hangul in parts, or a character with the marks and selectors behind it: each has
 * its own form.
 */
const PIECES = /\s+|[\u1100-\u11FF]+|\S[\p{M}\p{Default_Ignorable_Code_Point}]*/gu;
const ASCII = /^[!-~]$/;

/** A text with its comparison form, and where each part of the form stands in the text. */
export class ComparedText {
  readonly text: string;
  readonly form: string;
  /** by unit of the form, where its piece begins and ends in the text; the last one is the end */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** by unit of the text that begins a piece, where the piece begins in the form */
  readonly #begins: number[] = [];

  constructor(text: string) {
    this.text = text;
    let form = "";
    for (const { 0: piece, index: from } of text.matchAll(PIECES)) {
      // Of an invisible character alone nothing must be left.
      const own = ASCII.test(piece) ? piece.toLowerCase() : comparisonForm(`.${piece}`).slice(1);
      this.#begins[from] = form.length;
      form += own;
      while (this.#from.length < form.length) {
        this.#from.push(from);
        this.#to.push(from + piece.length);
      }
    }
    this.form = form;
  }

  /** Where in the form a place of the text begins; -1: within a piece, or at the end. */
  at(place: number): number {
    return this.#begins[place] ?? -1;
  }

  /** The part of the text of which a part of the form was made, in UTF-16 units. @param to behind its end */
  part(from: number, to: number): { from: number; to: number } {
    return { from: this.#from[from] ?? this.text.length, to: this.#to[to - 1] ?? this.text.length };
  }
}
