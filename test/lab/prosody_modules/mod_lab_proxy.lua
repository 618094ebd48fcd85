-- SPDX-License-Identifier: ISC
-- The PROXY protocol, versions 1 and 2, in front of c2s and s2s: Debian does not package
-- Prosody's own mod_net_proxy.  A header that is not right closes the connection.
module:set_global();

local portmanager = require "core.portmanager";
local inet_ntop = require "util.net".ntop;

local signature = "\r\n\r\n\0\r\nQUIT\n";

-- Each returns the header's length and the source, nil while it is incomplete, false if wrong.
local function parse_v1(data)
	local line = data:match("^PROXY [^\r]*\r\n");
	if not line then
		return #data < 108 and nil;
	end
	local ip, port = line:match("^PROXY TCP[46] (%S+) %S+ (%d+) %d+\r\n$");
	return #line, ip, tonumber(port);
end

local function parse_v2(data)
	if #data < 16 then
		return nil;
	end
	local command, family, length = data:byte(13), data:byte(14), data:byte(15) * 256 + data:byte(16);
	if #data < 16 + length then
		return nil;
	end
	if command == 0x20 then -- LOCAL: the gateway speaks for itself
		return 16 + length;
	end
	local size = family == 0x11 and 4 or family == 0x21 and 16;
	if command ~= 0x21 or not size or length < 2 * size + 4 then
		return false;
	end
	local ip = inet_ntop(data:sub(17, 16 + size));
	local high, low = data:byte(17 + 2 * size, 18 + 2 * size);
	return 16 + length, ip, high * 256 + low;
end

local function parse(data)
	local head = data:sub(1, 12);
	if head == signature then
		return parse_v2(data);
	elseif #head < 12 and signature:sub(1, #head) == head then
		return nil;
	elseif data:sub(1, 6) == ("PROXY "):sub(1, #data) then
		return parse_v1(data);
	end
	return false;
end

local function proxied(service_name)
	local buffers = {};
	local listener = { default_mode = "*a" };
	function listener.onincoming(conn, data)
		local buffer = (buffers[conn] or "") .. (data or "");
		buffers[conn] = buffer;
		local length, ip, port = parse(buffer);
		if length == nil then
			return;
		end
		if not length then
			module:log("error", "no PROXY header from %s", conn:ip());
			return conn:close();
		end
		buffers[conn] = nil;
		if ip then
			conn.peername, conn.peerport = ip, port;
		end
		module:log("info", "PROXY says that the client is %s port %s", conn:ip(), conn.peerport);
		local following = portmanager.get_service(service_name).listener;
		conn:setlistener(following);
		conn:set_mode(following.default_mode or "*a");
		if following.onconnect then
			following.onconnect(conn);
		end
		if #buffer > length then
			return following.onincoming(conn, buffer:sub(length + 1));
		end
	end
	function listener.ondisconnect(conn)
		buffers[conn] = nil;
	end
	listener.ondetach = listener.ondisconnect;
	return listener;
end

module:provides("net", { name = "lab_c2s", config_prefix = "lab_c2s"; listener = proxied("c2s") });
module:provides("net", { name = "lab_s2s", config_prefix = "lab_s2s"; listener = proxied("s2s") });
