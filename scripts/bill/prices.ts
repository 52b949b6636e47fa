/** Cloudflare's list prices on the paid plan beyond what it includes, in US dollars, as of 2026-11-21. */
export const PRICES = {
  /** a million requests of the Worker, and a million ms of its CPU */
  workerRequests: 0.3,
  workerCpuMs: 0.02,
  /** a million requests of objects: calls, alarms, a twentieth of the frames that clients send */
  objectRequests: 0.15,
  /** a million GB-s; an object counts as 128 MB while it is awake */
  objectDuration: 12.5,
  /** a million rows written, in objects or in D1; an index and a set alarm are rows too */
  rowsWritten: 1,
  /** a million lines of Workers Logs */
  logLines: 0.6,
  /** a GB of objects for a month */
  objectStorage: 0.2,
};

/** What is assumed, as no test counts it. */
export const ASSUMED = {
  /** s that an object is awake for one call or alarm */
  callS: 0.01,
  /** ms of CPU of the Worker for a message over HTTP */
  cpuMs: 3,
  /** KB of an inbox without conversations; an empty database has 12 */
  inboxKb: 16,
};

/** GB that an object in memory counts as. */
export const OBJECT_GB = 0.128;
/** Frames of a client that count as one request. */
export const FRAMES_PER_REQUEST = 20;
