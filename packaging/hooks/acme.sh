# SPDX-License-Identifier: ISC
#
# acme.sh needs no hook of ours: it is told once, as root, and remembers.  It writes the
# files in /root/starttlsd, and then has them deployed.

install -d -m 700 /root/starttlsd
acme.sh --install-cert -d mail.example.org \
	--fullchain-file /root/starttlsd/chain.pem \
	--key-file /root/starttlsd/key.pem \
	--reloadcmd '/usr/share/starttlsd/deploy-certificate mail.example.org \
		/root/starttlsd/chain.pem /root/starttlsd/key.pem'
