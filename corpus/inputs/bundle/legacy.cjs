"use strict";
exports.format = function (parts) {
  var values = [].slice.call(arguments, 1);
  return parts.reduce(function (text, part, index) { return text + part + (index in values ? values[index] : ""); }, "");
};
