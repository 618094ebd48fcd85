-- SPDX-License-Identifier: ISC
-- Where other domains are: there is no DNS in the lab, so outgoing connections to the
-- domains in lab_routes go to fixed addresses.  Loaded before mod_s2s resolves anything.
module:set_global();

local service = require "net.resolvers.service";
local manual = require "net.resolvers.manual";
local routes = module:get_option("lab_routes", {});
local ask_dns = service.new;

function service.new(hostname, service_name, conn_type, extra)
	local route = routes[hostname];
	if not route then
		return ask_dns(hostname, service_name, conn_type, extra);
	end
	local direct = service_name == "xmpps-server";
	if direct ~= (route.direct or false) then
		return manual.new({}, conn_type, extra);
	end
	return manual.new({ { conn_type, route.host, route.port, extra } }, conn_type, extra);
end

function module.unload()
	service.new = ask_dns;
end
