//! The networks that containers are placed in.
//!
//! Enters: the subnets, route tables and security groups of an account and Region, and the
//! `VpcConfig` of a model or endpoint configuration. Leaves: [`Networks`], read once a Region, and
//! the [`Placement`] of one asset. Deliberately absent: network ACLs and endpoint policies; what
//! is said here annotates and never decides.
//!
//! Sources: Amazon VPC User Guide, "Subnet route tables" (a subnet without an association of its
//! own follows its VPC's main table) and "Enable internet access for a VPC using an internet
//! gateway" (a subnet is public when its table leads to one).

use std::collections::{BTreeSet, HashMap};

use crate::estate::{Estate, Place, not_collected};
use crate::facts::answer::Part;
use crate::facts::endpoint_graph::{Described, join_gaps, listed, named, union_of};
use crate::facts::fact::{Fact, Origins, State, Text};
use crate::facts::monitoring::all;
use crate::missing::MissingSet;
use crate::operations::Operation;

const SUBNETS: &str = "/VpcConfig/Subnets";
const SECURITY_GROUPS: &str = "/VpcConfig/SecurityGroupIds";

/// The networks of one account and Region.
#[derive(Debug, Default)]
pub struct Networks<'e> {
    subnets: Listed<Subnet<'e>>,
    /// Where subnets are listed, as evidence of their zones.
    listed: Origins<'e>,
    /// By the subnet that is associated with it, whether a route table leads to the internet.
    tables: Listed<Fact<'e, bool>>,
    /// The same of the main route table, by VPC.
    main_tables: HashMap<String, Fact<'e, bool>>,
    /// By security group, whether it lets traffic out to every address.
    groups: Listed<Fact<'e, bool>>,
}

/// What a listing shows by name, and what keeps it from being complete.
#[derive(Debug)]
struct Listed<T> {
    known: HashMap<String, T>,
    gap: Option<MissingSet>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed {
            known: HashMap::new(),
            gap: None,
        }
    }
}

impl<T> Listed<T> {
    /// What is missing to know an item that is not shown.
    fn gap(&self, operation: Operation) -> MissingSet {
        self.gap
            .clone()
            .unwrap_or_else(|| not_collected(operation, ""))
    }
}

#[derive(Debug)]
struct Subnet<'e> {
    zone: Fact<'e, Text<'e>>,
    vpc: Fact<'e, Text<'e>>,
}

impl<'e> Networks<'e> {
    /// Reads the networks of a place.
    #[must_use]
    pub fn new(estate: &'e Estate, place: &Place) -> Self {
        let (subnets, subnets_gap) = named(
            estate,
            Operation::DescribeSubnets,
            place,
            "/Subnets",
            "/SubnetId",
            |item| Subnet {
                zone: item.text("/AvailabilityZoneId"),
                vpc: item.text("/VpcId"),
            },
        );
        let (groups, groups_gap) = named(
            estate,
            Operation::DescribeSecurityGroups,
            place,
            "/SecurityGroups",
            "/GroupId",
            lets_out_everywhere,
        );
        let mut networks = Networks {
            subnets: Listed {
                known: subnets.into_iter().collect(),
                gap: subnets_gap,
            },
            listed: listed(estate, Operation::DescribeSubnets, place),
            groups: Listed {
                known: groups.into_iter().collect(),
                gap: groups_gap,
            },
            ..Networks::default()
        };
        networks.read_tables(estate, place);
        networks
    }

    fn read_tables(&mut self, estate: &'e Estate, place: &Place) {
        let (tables, gap) = named(
            estate,
            Operation::DescribeRouteTables,
            place,
            "/RouteTables",
            "/RouteTableId",
            |table| {
                let vpc = table.text("/VpcId");
                (vpc, associations(table), leads_to_internet(table))
            },
        );
        let mut gaps: Vec<MissingSet> = gap.into_iter().collect();
        for (_, (vpc, associations, leads)) in tables {
            let associations = match associations.state {
                State::Known(associations) => associations,
                State::Unknown(missing) => {
                    gaps.push(missing);
                    continue;
                }
            };
            for subnet in associations.subnets {
                self.tables.known.insert(subnet.into_owned(), leads.clone());
            }
            if associations.main
                && let State::Known(vpc) = vpc.state
            {
                self.main_tables.insert(vpc.into_owned(), leads);
            }
        }
        self.tables.gap = union_of(gaps);
    }

    /// Whether subnets all lie in one availability zone.
    fn single_zone(&self, subnets: &[Text<'e>]) -> Fact<'e, bool> {
        if subnets.is_empty() {
            return Fact::given(false);
        }
        let zones: Vec<Fact<'e, Text<'e>>> = subnets
            .iter()
            .map(|subnet| self.subnet(subnet, |subnet| subnet.zone.clone()))
            .collect();
        let known: BTreeSet<&Text<'e>> = zones.iter().filter_map(Fact::value).collect();
        let missing = zones
            .iter()
            .filter_map(Fact::missing)
            .fold(None, |all, missing| Some(join_gaps(all, missing)));
        match missing {
            _ if known.len() > 1 => Fact::given(false),
            Some(missing) => Fact::unknown(missing),
            None => Fact::known(true, self.listed.clone()),
        }
    }

    /// Whether the route table of a subnet leads to an internet gateway.
    fn is_public(&self, subnet: &str) -> Fact<'e, bool> {
        if let Some(leads) = self.tables.known.get(subnet) {
            return leads.clone();
        }
        // An association that was not read could still be the subnet's own.
        if let Some(gap) = &self.tables.gap {
            return Fact::unknown(gap.clone());
        }
        self.subnet(subnet, |subnet| subnet.vpc.clone())
            .then(|vpc| match self.main_tables.get(vpc.as_ref()) {
                Some(leads) => leads.clone(),
                None => Fact::unknown(not_collected(Operation::DescribeRouteTables, "")),
            })
    }

    fn lets_out(&self, group: &str) -> Fact<'e, bool> {
        self.groups
            .known
            .get(group)
            .cloned()
            .unwrap_or_else(|| Fact::unknown(self.groups.gap(Operation::DescribeSecurityGroups)))
    }

    fn subnet<T>(
        &self,
        subnet: &str,
        read: impl FnOnce(&Subnet<'e>) -> Fact<'e, T>,
    ) -> Fact<'e, T> {
        match self.subnets.known.get(subnet) {
            Some(subnet) => read(subnet),
            None => Fact::unknown(self.subnets.gap(Operation::DescribeSubnets)),
        }
    }
}

/// What a route table is associated with.
struct Associations<'e> {
    subnets: Vec<Text<'e>>,
    /// Whether it is the main table of its VPC.
    main: bool,
}

fn associations<'e>(table: &Part<'_, 'e>) -> Fact<'e, Associations<'e>> {
    table.parts("/Associations").then(|associations| {
        let none = Associations {
            subnets: Vec::new(),
            main: false,
        };
        associations.iter().fold(Fact::given(none), |all, one| {
            let subnet = one.optional_text("/SubnetId");
            let main = one.flag_or("/Main", false);
            all.zip(subnet.zip(main)).map(|(mut all, (subnet, main))| {
                all.subnets.extend(subnet);
                all.main |= main;
                all
            })
        })
    })
}

fn leads_to_internet<'e>(table: &Part<'_, 'e>) -> Fact<'e, bool> {
    table.parts("/Routes").then(|routes| {
        Fact::any(routes.iter().map(|route| {
            let gateway = route.optional_text("/GatewayId");
            let state = route.text_or("/State", "active");
            gateway.zip(state).map(|(gateway, state)| {
                state != "blackhole" && gateway.is_some_and(|gateway| gateway.starts_with("igw-"))
            })
        }))
    })
}

/// Whether a security group has a rule that lets traffic out to every address, on whatever port.
fn lets_out_everywhere<'e>(group: &Part<'_, 'e>) -> Fact<'e, bool> {
    let everywhere = |rule: &Part<'_, 'e>, ranges, range, all| {
        rule.parts(ranges).then(|ranges| {
            Fact::any(ranges.iter().map(|item| {
                item.optional_text(range)
                    .map(|it| it.as_deref() == Some(all))
            }))
        })
    };
    group.parts("/IpPermissionsEgress").then(|rules| {
        Fact::any(rules.iter().flat_map(|rule| {
            [
                everywhere(rule, "/IpRanges", "/CidrIp", "0.0.0.0/0"),
                everywhere(rule, "/Ipv6Ranges", "/CidrIpv6", "::/0"),
            ]
        }))
    })
}

/// Where an asset places its containers.
#[derive(Debug)]
pub struct Placement<'e> {
    /// `VpcConfig.Subnets`.
    pub subnets: Fact<'e, Vec<Text<'e>>>,
    /// `VpcConfig.SecurityGroupIds`.
    pub security_groups: Fact<'e, Vec<Text<'e>>>,
    /// Whether all subnets lie in one availability zone.
    pub single_zone: Fact<'e, bool>,
    /// Whether a subnet's route table leads to an internet gateway.
    pub public_subnet: Fact<'e, bool>,
    /// Whether a security group lets traffic out to every address.
    pub open_egress: Fact<'e, bool>,
}

impl<'e> Placement<'e> {
    /// Where the described asset places its containers.
    #[must_use]
    pub fn of(described: &Described<'e>, networks: &Networks<'e>) -> Self {
        let subnets = described.read(|part| texts(&part, SUBNETS));
        let security_groups = described.read(|part| texts(&part, SECURITY_GROUPS));
        Placement {
            single_zone: subnets
                .clone()
                .then(|subnets| networks.single_zone(&subnets)),
            public_subnet: subnets
                .clone()
                .then(|subnets| Fact::any(subnets.iter().map(|subnet| networks.is_public(subnet)))),
            open_egress: security_groups
                .clone()
                .then(|groups| Fact::any(groups.iter().map(|group| networks.lets_out(group)))),
            subnets,
            security_groups,
        }
    }
}

/// Whether a description places its containers in a VPC: it names subnets and security groups.
pub(super) fn in_vpc<'e>(part: &Part<'_, 'e>) -> Fact<'e, bool> {
    all([SUBNETS, SECURITY_GROUPS].map(|pointer| texts(part, pointer).map(|list| !list.is_empty())))
}

/// A list of identifiers; an empty one among them counts as absent.
fn texts<'e>(part: &Part<'_, 'e>, pointer: &'static str) -> Fact<'e, Vec<Text<'e>>> {
    part.texts(pointer)
        .map(|list| list.into_iter().filter(|text| !text.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::endpoint_graph::tests::estate;

    const TABLES: &str = r#"{"RouteTables":[
        {"RouteTableId":"rtb-main","VpcId":"vpc-1","Associations":[{"Main":true}],"Routes":[{"GatewayId":"local","State":"active"},{"GatewayId":"igw-1","State":"active"}]},
        {"RouteTableId":"rtb-own","VpcId":"vpc-1","Associations":[{"Main":false,"SubnetId":"private"}],"Routes":[{"NatGatewayId":"nat-1","State":"active"},{"GatewayId":"igw-gone","State":"blackhole"}]}]}"#;
    const SUBNETS: &str = r#"{"Subnets":[{"SubnetId":"private","VpcId":"vpc-1","AvailabilityZoneId":"a"},{"SubnetId":"follows-main","VpcId":"vpc-1","AvailabilityZoneId":"a"},{"SubnetId":"elsewhere","VpcId":"vpc-2","AvailabilityZoneId":"b"}]}"#;

    fn place() -> Place {
        Place {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
        }
    }

    #[test]
    fn a_subnet_follows_its_own_table_before_the_main_one_of_its_vpc() {
        let estate = estate(&[
            ("ec2:DescribeRouteTables", "{}", TABLES),
            ("ec2:DescribeSubnets", "{}", SUBNETS),
        ]);
        let networks = Networks::new(&estate, &place());
        for (subnet, public) in [
            ("private", Some(false)),
            ("follows-main", Some(true)),
            ("elsewhere", None),
            ("unlisted", None),
        ] {
            assert_eq!(
                networks.is_public(subnet).value().copied(),
                public,
                "{subnet}"
            );
        }
    }

    #[test]
    fn an_incomplete_list_of_tables_leaves_the_main_one_in_doubt() {
        let page = TABLES.replacen('{', r#"{"NextToken":"more","#, 1);
        let estate = estate(&[
            ("ec2:DescribeRouteTables", "{}", &page),
            ("ec2:DescribeSubnets", "{}", SUBNETS),
        ]);
        let networks = Networks::new(&estate, &place());
        assert_eq!(networks.is_public("private").value(), Some(&false));
        assert!(networks.is_public("follows-main").missing().is_some());
    }

    #[test]
    fn every_address_of_either_family_is_everywhere() {
        let groups = r#"{"SecurityGroups":[
            {"GroupId":"four","IpPermissionsEgress":[{"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]},
            {"GroupId":"six","IpPermissionsEgress":[{"IpProtocol":"-1","Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]},
            {"GroupId":"inside","IpPermissionsEgress":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]},
            {"GroupId":"none"}]}"#;
        let estate = estate(&[("ec2:DescribeSecurityGroups", "{}", groups)]);
        let networks = Networks::new(&estate, &place());
        for (group, open) in [
            ("four", Some(true)),
            ("six", Some(true)),
            ("inside", Some(false)),
            ("none", Some(false)),
            ("unlisted", None),
        ] {
            assert_eq!(networks.lets_out(group).value().copied(), open, "{group}");
        }
    }
}
