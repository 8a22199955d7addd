const { format } = require("./legacy.cjs");
export default (total) => format`total: ${total}, ${total?.toString(16) ?? "none"}`;
