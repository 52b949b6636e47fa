import { EVENT } from "../constants.ts";
import type { State } from "../state/state.ts";

/** The most groups of which the app is told what it has missed. */
const MAX_KNOWN = 20;

interface Known {
  /** the version of the attributes that the app knows; undefined: it knows none */
  version?: number | undefined;
  counters: Map<string, number>;
  /** the topics of a community, each with its `infoSequence`; undefined: it knows none */
  topics?: Map<string, number>;
  /** the newest question for them */
  turn?: object;
}

/** What `getTopicList` has of a topic. `infoSequence` rises as somebody changes it. */
interface Topic {
  topicID: string;
  infoSequence: number;
}

interface TopicList {
  successTopicList: { topic: Topic }[];
}

interface Attributes {
  groupAttributes: Record<string, string>;
  version: number;
}

/** The attributes, counters and topics of groups, as far as the app knows them. */
export class GroupData {
  readonly #state: State;
  readonly #known = new Map<string, Known>();

  constructor(state: State) {
    this.#state = state;
  }

  end(): void {
    this.#known.clear();
  }

  /** Notes what an answer to the app has. */
  know(
    groupID: string,
    {
      version,
      counters = {},
      successTopicList: topics,
    }: { version?: number; counters?: Record<string, number> } & Partial<TopicList>,
  ): void {
    const known = this.#of(groupID);
    if (version !== undefined) known.version = version;
    for (const [key, value] of Object.entries(counters)) known.counters.set(key, value);
    if (topics) known.topics = new Map(topics.map(({ topic }) => [topic.topicID, topic.infoSequence]));
  }

  /** Tells the app of attributes, unless it knows them, or newer ones. */
  attributes(groupID: string, { groupAttributes, version }: Attributes): void {
    const known = this.#of(groupID);
    if (version <= (known.version ?? 0)) return;
    known.version = version;
    this.#state.events.emit(EVENT.GROUP_ATTRIBUTES_UPDATED, { groupID, groupAttributes });
  }

  /** Tells the app of a counter, unless it knows it. */
  counter(groupID: string, key: string, value: number): void {
    const { counters } = this.#of(groupID);
    if (counters.get(key) === value) return;
    counters.set(key, value);
    this.#state.events.emit(EVENT.GROUP_COUNTER_UPDATED, { groupID, key, value });
  }

  /** A community may have changed: tells the app of its topics, if it has asked for them. */
  async topics(groupID: string): Promise<void> {
    const { events, http } = this.#state;
    const known = this.#known.get(groupID);
    const before = known?.topics;
    if (!before) return;
    const turn = {};
    known.turn = turn;
    const found = await http.data<TopicList>("/group/getTopicList", { groupID }).catch(() => undefined);
    // An older answer would take back what a newer one tells.
    if (!found || known.turn !== turn) return;
    const gone = new Set(before.keys());
    this.know(groupID, found);
    for (const { topic } of found.successTopicList) {
      const { topicID, infoSequence } = topic;
      const isKnown = gone.delete(topicID);
      if (before.get(topicID) !== infoSequence)
        events.emit(isKnown ? EVENT.TOPIC_UPDATED : EVENT.TOPIC_CREATED, { groupID, topicID, topic });
    }
    if (gone.size > 0) events.emit(EVENT.TOPIC_DELETED, { groupID, topicIDList: [...gone] });
  }

  /** Changes may have been missed: gets what the app knows anew. */
  async missed(): Promise<void> {
    const { http } = this.#state;
    for (const [groupID, { version, counters: known }] of [...this.#known]) {
      void this.topics(groupID);
      const get = <T>(call: string) => http.data<T>(`/group/${call}`, { groupID }).catch(() => undefined);
      const attributes = version === undefined ? undefined : await get<Attributes>("getGroupAttributes");
      if (attributes) this.attributes(groupID, attributes);
      const found =
        known.size === 0 ? undefined : await get<{ counters: Record<string, number> }>("getGroupCounters");
      for (const [key, value] of Object.entries(found?.counters ?? {})) this.counter(groupID, key, value);
    }
  }

  #of(groupID: string): Known {
    const known = this.#known.get(groupID) ?? { counters: new Map() };
    this.#known.delete(groupID);
    this.#known.set(groupID, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
