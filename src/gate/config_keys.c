/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "gate/config_keys.h"

static const struct config_key limits[] = {
    {"connections"}, {"connections-per-address"}, {"handshakes-per-address"}, {"memory"}, {NULL},
};

static const struct config_key metrics[] = {{"listen", CONFIG_KEY_LIST}, {NULL}};

static const struct config_key certificate[] = {{"chain"}, {"key"}, {NULL}};

static const struct config_key route[] = {
    {"backend", CONFIG_KEY_LIST},
    {"backend-name"},
    {"certificate", CONFIG_KEY_SECTION, certificate},
    {NULL},
};

static const struct config_key front[] = {
    {"protocol"},
    {"listen", CONFIG_KEY_LIST},
    {"accept-proxy", CONFIG_KEY_LIST},
    {"tls"},
    {"require-tls-on-25"},
    {"certificate", CONFIG_KEY_SECTION, certificate},
    {"strict-sni"},
    {"ask-client"},
    {"hostname"},
    {"capabilities", CONFIG_KEY_LIST},
    {"backend", CONFIG_KEY_LIST},
    {"backend-tls"},
    {"backend-verify"},
    {"backend-ca"},
    {"backend-name"},
    {"backend-deadline"},
    {"backend-check"},
    {"tell"},
    {"plaintext-deadline"},
    {"handshake-deadline"},
    {"idle"},
    {"line-limit"},
    {"literal-limit"},
    {"element-limit"},
    {"route", CONFIG_KEY_TITLED, route},
    {NULL},
};

/* ---- outgoing mail ---- */

static const struct config_key policy[] = {
    {"listen", CONFIG_KEY_LIST},
    {"protocol"},
    {"level"},
    {"dane"},
    {"mta-sts"},
    {"sts-beside-dane"},
    {"defer-without-policy"},
    {"deadline"},
    {NULL},
};

static const struct config_key override[] = {
    {"level"}, {"names", CONFIG_KEY_LIST}, {"reason"}, {"expires"}, {NULL},
};

static const struct config_key ratchet[] = {
    {"occasions"}, {"days"}, {"hold"}, {"authentication"}, {"let-go"}, {NULL},
};

static const struct config_key resolver[] = {{"config"}, {"ca-file"}, {NULL}};

/* ---- the file ---- */

const struct config_key config_keys[] = {
    {"hostname"},
    {"state"},
    {"user"},
    {"workers"},
    {"sandbox"},
    {"drain"},
    {"watch-certificates"},
    {"log-level"},
    {"log-format"},
    {"log-to"},
    {"log-rate"},
    {"limits", CONFIG_KEY_SECTION, limits},
    {"metrics", CONFIG_KEY_SECTION, metrics},
    {"certificate", CONFIG_KEY_SECTION, certificate},
    {"front", CONFIG_KEY_TITLED, front},
    {"policy", CONFIG_KEY_TITLED, policy},
    {"override", CONFIG_KEY_TITLED, override},
    {"ratchet", CONFIG_KEY_SECTION, ratchet},
    {"resolver", CONFIG_KEY_SECTION, resolver},
    {NULL},
};
