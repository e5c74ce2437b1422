"use strict";

const { Client, outcomes } = require("./lib/client.cjs");
const { SegridError } = require("./lib/errors.cjs");

module.exports = { Client, SegridError, outcomes };
