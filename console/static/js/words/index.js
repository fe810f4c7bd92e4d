// The words of every part of the page: one file each, {zh, en} with the same keys.

export { default as alert } from "./alert.js";
export { default as border } from "./border.js";
export { default as frame } from "./frame.js";
export { default as health } from "./health.js";
export { default as inbox } from "./inbox.js";
export { default as labs } from "./labs.js";
export { default as map } from "./map.js";
export { default as methods } from "./methods.js";
export { default as senders } from "./senders.js";
export { default as observations } from "./observations.js";
export { default as pages } from "./pages.js";
