//! Every built-in control against its cases and the laws, one test a control.

use libtest_mimic::{Arguments, Failed, Trial};
use sagewarden_catalog::cases::Cases;
use sagewarden_catalog::{FILES, builtin, laws};

fn main() {
    let catalog = match builtin() {
        Ok(catalog) => catalog,
        Err(errors) => {
            eprintln!("{errors}");
            std::process::exit(1);
        }
    };
    let trials = catalog
        .controls
        .into_iter()
        .map(|control| {
            Trial::test(control.id.clone(), move || {
                let folder = control
                    .home()
                    .ok_or("the control speaks of no asset")?
                    .word();
                let file = format!("controls/{folder}/{}.cases.yaml", control.id);
                let (name, text) = FILES
                    .iter()
                    .find(|(name, _)| *name == file)
                    .ok_or(format!("there is no `{file}`"))?;
                let cases = Cases::parse(name, text)?;
                match laws::broken(&control, &cases).as_slice() {
                    [] => Ok(()),
                    broken => Err(Failed::from(broken.join("\n"))),
                }
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
